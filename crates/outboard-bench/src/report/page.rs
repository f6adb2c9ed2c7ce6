//! The page: one file, no scripts, nothing from elsewhere.

use super::svg;
use super::view::{Beside, Recorded, Row, published, recorded, rows, usual};
use crate::curves::Curve;
use crate::expression::template_value;
use crate::run::Mode;
use crate::suite::Results;
use minijinja::Environment;
use serde::Serialize;

const TEMPLATE: &str = include_str!("page.html");

/// What the template shows.
#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    results: &'a Results,
    rows: &'a [Row],
    bars: String,
    charts: Vec<Chart<'a>>,
    published: Vec<Beside>,
    recorded: Option<Recorded>,
    changes: &'a [String],
    repeated: bool,
}

#[derive(Serialize)]
struct Chart<'a> {
    #[serde(flatten)]
    curve: &'a Curve,
    svg: String,
}

pub(super) fn page(results: &Results, changes: &[String]) -> String {
    let rows = rows(results);
    let bars = usual(results).zip(&rows).map(|(run, row)| {
        let name = if row.first { format!("{} – {}", row.title, row.way) } else { row.way.clone() };
        (name, run.mode == Mode::Direct, run.tokens.total)
    });
    let page = Page {
        results,
        bars: svg::bars(&bars.collect::<Vec<_>>()),
        charts: results.curves.iter().map(|curve| Chart { curve, svg: svg::curve(curve) }).collect(),
        published: published(results),
        recorded: recorded(results),
        changes,
        repeated: results.runs.iter().any(|run| run.repeated.is_some()),
        rows: &rows,
    };
    let value = template_value(&serde_json::to_value(&page).unwrap_or_default());
    let rendered = Environment::new().render_named_str("page.html", TEMPLATE, value);
    rendered.unwrap_or_else(|error| format!("<pre>{error:#}</pre>"))
}
