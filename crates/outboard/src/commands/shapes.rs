//! `outboard shapes`: types of results that were learned.

use crate::cli::{self, Cli, ShapesAction};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_execution::Learned;
use std::process::ExitCode;

pub(super) fn run(cli: &Cli, args: &cli::Shapes) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let learned = Learned::open(&settings.state_dir)?;
    match &args.action {
        Some(ShapesAction::Reset { server, tool }) => {
            let count = learned.reset(server.as_deref(), tool.as_deref());
            output::talk(&format!("{count} learned types forgotten"));
        }
        None if args.json => output::json(&learned.rows()),
        None => show(&learned),
    }
    Ok(ExitCode::SUCCESS)
}

fn show(learned: &Learned) {
    let rows = learned.rows();
    if rows.is_empty() {
        return output::talk("nothing was learned yet: run programs that call tools without an output schema");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["TOOL", "RESULTS", "STABLE FOR", "PLACES", "STATUS"]);
    for row in rows {
        let number = |number: u64| number.to_string();
        let whose = row.key.principal.map(|principal| format!(" of {principal}")).unwrap_or_default();
        table.add_row([
            row.id + &whose,
            number(row.seen),
            number(row.stable_for),
            row.places.to_string(),
            row.status.to_owned(),
        ]);
    }
    output::data(&table.trim_fmt());
}
