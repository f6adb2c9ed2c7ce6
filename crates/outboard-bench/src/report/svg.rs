//! Charts, drawn into the page.

use super::view::grouped;
use crate::curves::Curve;
use std::fmt::Write as _;

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 40.0;

/// A range of numbers above zero on a line, by their logarithms.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = u64>, from: f64, to: f64) -> Self {
        let logs: Vec<f64> = values.map(|value| (value.max(1) as f64).log10()).collect();
        let low = logs.iter().copied().fold(f64::INFINITY, f64::min).floor();
        let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil();
        Self { low, high: high.max(low + 1.0), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value.max(1.0).log10() - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// The powers of ten.
    fn marks(&self) -> impl Iterator<Item = u64> {
        (self.low as u32..=self.high as u32).map(|power| 10_u64.saturating_pow(power))
    }
}

/// Both ways over size, on logarithmic axes.
pub(super) fn curve(curve: &Curve) -> String {
    if curve.points.len() < 2 {
        return String::new();
    }
    let x = Scale::of(curve.points.iter().map(|point| point.size), LEFT, WIDTH - RIGHT);
    let tokens = curve.points.iter().flat_map(|point| [point.direct, point.code]);
    let y = Scale::of(tokens, HEIGHT - BOTTOM, TOP);
    let mut text = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
    for mark in x.marks() {
        let at = x.at(mark as f64);
        let below = HEIGHT - BOTTOM;
        let _ = write!(text, "<line class=\"grid\" x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{below}\"/>");
        let _ =
            write!(text, "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", below + 16.0, grouped(mark));
    }
    for mark in y.marks() {
        let at = y.at(mark as f64);
        let right = WIDTH - RIGHT;
        let _ = write!(text, "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>");
        let _ = write!(
            text,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            at + 4.0,
            grouped(mark)
        );
    }
    for (class, name, values) in [
        ("direct", "direct calls", curve.points.iter().map(|point| (point.size, point.direct)).collect::<Vec<_>>()),
        ("code", "program", curve.points.iter().map(|point| (point.size, point.code)).collect()),
    ] {
        let places: Vec<(f64, f64)> =
            values.iter().map(|(size, tokens)| (x.at(*size as f64), y.at(*tokens as f64))).collect();
        let points: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = write!(text, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
        if let Some((x, y)) = places.last() {
            let _ = write!(
                text,
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
                y - 8.0
            );
        }
    }
    let _ = write!(
        text,
        "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text></svg>",
        WIDTH / 2.0,
        HEIGHT - 6.0,
        curve.unit
    );
    text
}

/// One bar for each run, on a logarithmic axis.
pub(super) fn bars(rows: &[(String, bool, u64)]) -> String {
    const BAR: f64 = 18.0;
    const NAMES: f64 = 420.0;
    let wide = WIDTH + NAMES - LEFT;
    let x = Scale::of(rows.iter().map(|(.., tokens)| *tokens).chain([100]), NAMES, wide - 90.0);
    let mut text = format!("<svg viewBox=\"0 0 {wide} {}\" role=\"img\">", rows.len() as f64 * BAR + 6.0);
    for (at, (name, direct, tokens)) in rows.iter().enumerate() {
        let (y, end) = (at as f64 * BAR, x.at(*tokens as f64));
        let class = if *direct { "direct" } else { "code" };
        let _ =
            write!(text, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", NAMES - 6.0, y + 13.0, escaped(name));
        let _ = write!(
            text,
            "<rect class=\"{class}\" x=\"{NAMES}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>",
            y + 2.0,
            (end - NAMES).max(1.0),
            BAR - 4.0
        );
        let _ = write!(text, "<text x=\"{:.1}\" y=\"{}\">{}</text>", end + 5.0, y + 13.0, grouped(*tokens));
    }
    text.push_str("</svg>");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
