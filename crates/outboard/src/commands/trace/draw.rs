//! A tree with a waterfall, for people.

use outboard_telemetry::{Span, Trace};
use outboard_types::{ExecutionId, SpanId};

/// Columns of times, with those that keep everything apart.
const TIMES: usize = 15;

/// Spans that are drawn; what is more is in the middle of very long programs.
const FIRST: usize = 60;
const LAST: usize = 20;

/// How many columns there are for what.
#[derive(Clone, Copy)]
struct Layout {
    names: usize,
    bars: usize,
    /// As many as it takes without.
    notes: Option<usize>,
}

impl Layout {
    /// Of a terminal; or of a pipe, where nothing is cut but names.
    fn of(columns: Option<usize>) -> Self {
        let Some(columns) = columns else { return Self { names: 40, bars: 32, notes: None } };
        let (names, bars) = ((columns * 3 / 10).clamp(16, 60), (columns / 4).clamp(8, 60));
        Self { names, bars, notes: Some(columns.saturating_sub(names + bars + TIMES)) }
    }
}

/// At most so many characters of a text.
fn cut(text: String, most: usize) -> String {
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).take(most).collect()
}

/// Draws a trace as text, for where data go.
pub(in crate::commands) fn drawing(id: &ExecutionId, trace: &Trace) -> String {
    drawn(id, trace, Layout::of(crate::output::columns()))
}

fn drawn(id: &ExecutionId, trace: &Trace, layout: Layout) -> String {
    let Some(root) = trace.spans.first() else { return format!("{id} has no spans") };
    let until = trace.spans.iter().map(|span| span.end_us).max().unwrap_or(root.end_us);
    let length = until.saturating_sub(root.start_us).max(1);
    let scale = Scale { from: root.start_us, length, layout };
    let mut lines = vec![head(id, trace, root)];
    let rows = ordered(&trace.spans);
    let left_out = rows.len().saturating_sub(FIRST + LAST);
    for (at, row) in rows.iter().enumerate() {
        if left_out > 0 && at == FIRST {
            lines.push(format!("│  … {left_out} more; --json has them all"));
        }
        if left_out == 0 || at < FIRST || at >= FIRST + left_out {
            lines.push(scale.line(row));
        }
    }
    lines.join("\n")
}

fn head(id: &ExecutionId, trace: &Trace, root: &Span) -> String {
    let status = root.text("outboard.status").unwrap_or(if root.failure.is_some() { "failed" } else { "succeeded" });
    let mut text = format!("{id} {status}, trace {}", root.trace);
    if let Some(origin) = &trace.origin {
        text.push_str(&format!(" of {}", origin.parent.span));
    }
    let tokens = |key: &str| root.number(&format!("outboard.tokens.{key}"));
    if let (Some(written), Some(read), Some(direct)) =
        (tokens("model_out"), tokens("model_in"), tokens("direct_equivalent"))
    {
        let about = if is_estimate(root) { "~" } else { "" };
        text.push_str(&format!("\ntokens: {about}{written} written, ~{read} read; {about}{direct} by direct calls"));
    }
    text
}

/// A span, how deep it stands, and whether it is the last of its parent.
struct Row<'a> {
    span: &'a Span,
    depth: usize,
    last: bool,
}

/// Each span behind its parent; the list has them by time.
fn ordered(spans: &[Span]) -> Vec<Row<'_>> {
    let top = spans.first().and_then(|span| span.parent);
    let mut rows = Vec::with_capacity(spans.len());
    let mut children: std::collections::HashMap<Option<SpanId>, Vec<&Span>> = std::collections::HashMap::new();
    spans.iter().for_each(|span| children.entry(span.parent).or_default().push(span));
    let mut open: Vec<(&Span, usize, bool)> =
        children.get(&top).into_iter().flatten().rev().map(|span| (*span, 0, true)).collect();
    while let Some((span, depth, last)) = open.pop() {
        rows.push(Row { span, depth, last });
        // A file from elsewhere may hold anything.
        if depth < 8 {
            let below = children.get(&Some(span.id)).map(Vec::as_slice).unwrap_or_default();
            open.extend(below.iter().enumerate().rev().map(|(at, child)| (*child, depth + 1, at + 1 == below.len())));
        }
    }
    rows
}

/// From times to columns.
struct Scale {
    from: u64,
    length: u64,
    layout: Layout,
}

impl Scale {
    fn line(&self, row: &Row<'_>) -> String {
        let branch = match (row.depth, row.last) {
            (0, _) => String::new(),
            (1, true) => "└─ ".to_owned(),
            (1, false) => "├─ ".to_owned(),
            (depth, _) => format!("│{}└─ ", "  ".repeat(depth - 1)),
        };
        let Layout { names, notes: room, .. } = self.layout;
        let name = cut(format!("{branch}{}", name(row.span)), names);
        let took = row.span.end_us.saturating_sub(row.span.start_us);
        let notes = cut(notes(row.span), room.unwrap_or(usize::MAX));
        let line = format!("{name:<names$} {} {:>10}  {notes}", self.bar(row.span), time(took));
        line.trim_end().to_owned()
    }

    fn bar(&self, span: &Span) -> String {
        let width = self.layout.bars;
        let column = |at: u64| (at.saturating_sub(self.from).min(self.length) as usize * width) / self.length as usize;
        let from = column(span.start_us).min(width - 1);
        let to = column(span.end_us).max(from + 1);
        format!("{}{}{}", " ".repeat(from), "█".repeat(to - from), " ".repeat(width - to))
    }
}

/// The name, with the server where it is a call's.
pub(super) fn name(span: &Span) -> String {
    match (span.text("outboard.server"), span.text("gen_ai.tool.name")) {
        (Some(server), Some(tool)) => format!("{server}.{tool}"),
        _ => span.name.clone(),
    }
}

fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    }
}

/// Whether its tokens were not counted.
fn is_estimate(span: &Span) -> bool {
    span.text("outboard.tokens.counter").is_none_or(|counter| counter == "estimate")
}

/// What is worth saying: whatever is not as usual first, for a narrow terminal cuts the rest; sizes last.
fn notes(span: &Span) -> String {
    let mut notes: Vec<String> = span.failure.iter().map(|code| format!("error {code}")).collect();
    notes.extend(span.number("code.line.number").map(|line| format!("line {line}")));
    notes.extend(
        span.text("outboard.policy.decision").filter(|word| !matches!(*word, "allow" | "none")).map(str::to_owned),
    );
    notes.extend(
        span.number("outboard.approval.wait_ms").map(|ms| format!("asked for {}", time(ms.unsigned_abs() * 1_000))),
    );
    notes.extend(span.number("outboard.attempts").filter(|times| *times > 1).map(|times| format!("{times} attempts")));
    if matches!(span.get("outboard.replayed"), Some(outboard_telemetry::Value::Flag(true))) {
        notes.push("replayed".to_owned());
    }
    notes.extend(span.text("outboard.worker.end").filter(|end| *end != "ended").map(str::to_owned));
    notes.extend(span.number("outboard.parallel.group").map(|group| format!("∥{group}")));
    notes.extend(sizes(span));
    notes.join(", ")
}

/// The bytes and tokens of a call.
fn sizes(span: &Span) -> Option<String> {
    span.text("outboard.server")?;
    let bytes = |of: &str| span.number(&format!("outboard.{of}.bytes"));
    let tokens = |of: &str| span.number(&format!("outboard.tokens.{of}")).unwrap_or(0);
    let about = if is_estimate(span) { "~" } else { "" };
    let (there, back) = (bytes("arguments")?, bytes("result")?);
    Some(format!("{there} B → {back} B, {about}{} tokens", tokens("arguments") + tokens("result")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(number: u8, parent: Option<SpanId>) -> Span {
        Span {
            trace: outboard_types::TraceId([1; 16]),
            id: SpanId([number; 8]),
            parent,
            state: None,
            name: "x".into(),
            kind: outboard_telemetry::Kind::Internal,
            start_us: 1_000,
            end_us: 1_100,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            failure: None,
        }
    }

    #[test]
    fn bars_stay_within_their_columns() {
        let scale = Scale { from: 1_000, length: 100, layout: Layout::of(None) };
        let mut span = span(1, None);
        for (start_us, end_us) in [(1_000, 1_100), (1_100, 1_100), (0, 9_999), (5_000, 0), (1_050, 1_050)] {
            (span.start_us, span.end_us) = (start_us, end_us);
            let bar = scale.bar(&span);
            assert_eq!(bar.chars().count(), 32, "{bar:?}");
            assert!(bar.contains('█'));
        }
    }

    #[test]
    fn lines_stay_within_a_terminal_and_a_pipe_gets_all_of_it() {
        let mut call = span(2, Some(SpanId([1; 8])));
        call.name = "tools/call a_tool_with_a_name_that_is_longer_than_any_column_of_names_in_eighty".into();
        call.failure = Some("upstream_unavailable".into());
        call.attributes = vec![("outboard.policy.decision", "approved by a person".to_owned().into())];
        let spans: Vec<_> = std::iter::once(span(1, None)).chain(std::iter::repeat_n(call, 10_000)).collect();
        let (id, trace) = (ExecutionId("ex_1".into()), Trace { origin: None, ended: true, program: true, spans });
        for columns in [40, 80, 120, 200] {
            let text = drawn(&id, &trace, Layout::of(Some(columns)));
            let longest = text.lines().skip(1).map(|line| line.chars().count()).max();
            assert!(longest <= Some(columns), "{columns}: {text}");
            assert!(text.lines().count() < 100 && text.contains("9921 more"), "{text}");
        }
        let whole = drawn(&id, &trace, Layout::of(None));
        assert!(whole.contains("error upstream_unavailable, approved by a person"), "{whole}");
    }

    #[test]
    fn times_are_short() {
        assert_eq!([time(900), time(1_500), time(61_000_000)], ["900 µs", "1.5 ms", "61.00 s"]);
    }
}
