//! What models did beside programs: requests of ours that ran none, and turns as providers counted them.

use crate::output;
use comfy_table::{Table, presets};
use outboard_journal::{ModelUsage, RequestUsage};

pub(super) struct Beside {
    pub(super) models: Vec<ModelUsage>,
    pub(super) requests: Vec<RequestUsage>,
}

impl Beside {
    /// Shows what there is.
    pub(super) fn show(&self) {
        if !self.requests.is_empty() {
            let rows = self.requests.iter().map(|row| {
                let about = if row.counted < row.requests { "~" } else { "" };
                let numbers = [row.requests.to_string(), row.errors.to_string()];
                let tokens = [row.written, row.read].map(|tokens| format!("{about}{tokens}"));
                std::iter::once(row.of.clone()).chain(numbers).chain(tokens).collect()
            });
            show(["REQUEST", "TIMES", "ERRORS", "MODEL WROTE", "MODEL READ"], rows);
        }
        if !self.models.is_empty() {
            let rows = self.models.iter().map(|row| {
                let read = format!("{} ({} cached)", row.input, row.cached);
                vec![row.model.clone(), row.turns.to_string(), row.failed.to_string(), row.output.to_string(), read]
            });
            show(["MODEL", "TURNS", "FAILED", "WROTE", "READ, BY ITS PROVIDER"], rows);
        }
    }
}

fn show(head: [&str; 5], rows: impl Iterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    output::data(&format!("\n{}", table.trim_fmt()));
}
