//! Fields in a text: `Label: value` lines, and tables whose first row names the columns.

use crate::detector::Detector;
use crate::key::{Around, Key};
use crate::{Finding, Kind};

/// Longest label, in bytes.
const LABEL: usize = 40;

/// Columns that are looked at.
const COLUMNS: usize = 64;

/// Rows of a table that may stand before the first one that is none.
const ROWS: usize = 100_000;

/// Finds values that their label or their column header tells of.
pub(crate) fn labelled(detector: &Detector, text: &str, out: &mut Vec<Finding>) {
    let mut lines = spans(text).peekable();
    let mut table: Option<(char, Vec<Key>)> = None;
    while let Some((start, line)) = lines.next() {
        if let Some((delimiter, header)) = &table
            && row(detector, line, start, *delimiter, header, out)
        {
            continue;
        }
        let next = lines.peek().map(|(_, next)| *next).unwrap_or_default();
        table = header(line, next);
        if table.is_none() {
            label(detector, line, start, out);
        }
    }
}

/// Lines with the place where they begin.
fn spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

fn label(detector: &Detector, line: &str, start: usize, out: &mut Vec<Finding>) {
    let mut window = LABEL.min(line.len());
    while !line.is_char_boundary(window) {
        window -= 1;
    }
    let Some(colon) = line[..window].find([':', '=']) else { return };
    let edge = |c: char| c.is_whitespace() || matches!(c, '*' | '-' | '>' | '"' | '`' | '#' | '•');
    let (name, value) = (line[..colon].trim_matches(edge), &line[colon + 1..]);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '\'' | '(' | ')');
    if name.is_empty() || name.split_whitespace().count() > 4 || !name.chars().all(plain) {
        return;
    }
    let around = Around { is_person: false };
    push(detector, &Key::new(name), around, value, start + colon + 1, out);
}

/// The columns of a table, where this line is a header and the next one looks like a row of it.
fn header(line: &str, next: &str) -> Option<(char, Vec<Key>)> {
    let delimiter =
        ['\t', '|', ';', ','].into_iter().find(|d| line.contains(*d) && columns(line, *d) == columns(next, *d))?;
    let cells: Vec<Key> = cells(line, delimiter).map(|(_, cell)| Key::new(cell)).take(COLUMNS).collect();
    let short = cells.len() >= 2 && cells.iter().all(|key| key.text().len() <= LABEL);
    let telling = cells.iter().any(|key| key.is_personal() || key.text() == "name");
    (short && telling).then_some((delimiter, cells))
}

fn columns(line: &str, delimiter: char) -> usize {
    cells(line, delimiter).take(COLUMNS + 1).count()
}

fn row(detector: &Detector, line: &str, start: usize, delimiter: char, header: &[Key], out: &mut Vec<Finding>) -> bool {
    if line.trim().is_empty() || columns(line, delimiter) != header.len() || out.len() > ROWS {
        return false;
    }
    let is_person = header.iter().any(Key::is_personal);
    for ((at, cell), key) in cells(line, delimiter).zip(header) {
        push(detector, key, Around { is_person }, cell, start + at, out);
    }
    true
}

/// Cells with the place where they begin; a delimiter within quotes is none.
fn cells(line: &str, delimiter: char) -> impl Iterator<Item = (usize, &str)> {
    let edged = delimiter == '|' && line.trim_start().starts_with('|');
    let from = if edged { line.find('|').map_or(0, |at| at + 1) } else { 0 };
    let end = if edged { line.trim_end().strip_suffix('|').map_or(line.len(), str::len).max(from) } else { line.len() };
    let mut rest = Some(from);
    std::iter::from_fn(move || {
        let start = rest?;
        let mut quoted = false;
        let cut = line[start..end].char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == delimiter && !quoted
        });
        let stop = cut.map_or(end, |(at, _)| start + at);
        rest = cut.map(|_| stop + delimiter.len_utf8());
        Some((start, &line[start..stop]))
    })
}

fn push(detector: &Detector, key: &Key, around: Around, cell: &str, at: usize, out: &mut Vec<Finding>) {
    let trim = |c: char| c.is_whitespace() || matches!(c, '"' | '*' | '`' | '\'');
    let value = cell.trim_matches(trim);
    let Some(offset) = cell.find(value).filter(|_| !value.is_empty()) else { return };
    if value.chars().all(|c| matches!(c, '-' | ':')) {
        return;
    }
    if let Some((kind, sure, rule)) = detector.field(key, around, value) {
        let rule = if rule == "key" { "label" } else { rule };
        let range = at + offset..at + offset + value.len();
        // An exact format that was found in the same place says what it is.
        let exact = out.iter().any(|found| found.range.start < range.end && range.start < found.range.end);
        if !exact || matches!(kind, Kind::Custom(_)) {
            out.push(Finding::new(range, kind, sure, rule));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Detector, Options};

    fn found(text: &str) -> Vec<(String, &str)> {
        let detector = Detector::new(&Options::default()).unwrap();
        let found = detector.text(text);
        found.iter().map(|finding| (finding.kind.label().to_owned(), &text[finding.range.clone()])).collect()
    }

    #[test]
    fn columns_and_labels_tell() {
        let all = found(
            "id,name,email,zip\n1,\"Lovelace, Ada\",ada@example.org,90210\n2,Bob Smith,b@example.org,10115\n\nText, with, commas, here\n",
        );
        let kinds: Vec<_> = all.iter().map(|(kind, value)| (kind.as_str(), *value)).collect();
        assert_eq!(
            kinds,
            [
                ("NAME", "Lovelace, Ada"),
                ("EMAIL", "ada@example.org"),
                ("POSTCODE", "90210"),
                ("NAME", "Bob Smith"),
                ("EMAIL", "b@example.org"),
                ("POSTCODE", "10115"),
            ]
        );
        let all = found("| Full name | Phone |\n|---|---|\n| Ada Lovelace | 0170 1234567 |\n");
        assert_eq!(all.iter().map(|one| one.1).collect::<Vec<_>>(), ["Ada Lovelace", "0170 1234567"]);
        let all = found(
            "Full name: Ada Lovelace\nDate of birth: 10 December 1815\n**Password**: hunter2hunter2\nStatus: Open",
        );
        assert_eq!(all.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), ["NAME", "DOB", "SECRET"]);
    }
}
