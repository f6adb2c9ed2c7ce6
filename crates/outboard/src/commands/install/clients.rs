//! The clients that are known, and where our entry is.

use crate::failure::Failure;
use crate::output;
use comfy_table::{Table, presets};
use outboard_hosts::{Bases, HOSTS, Host, Place, is_own, raw_entries};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) fn show(bases: &Bases, as_json: bool) -> Result<ExitCode, Failure> {
    let places =
        HOSTS.iter().flat_map(|host| host.places.iter().filter(|place| place.ours).map(move |place| (host, place)));
    let rows: Vec<Value> = places.map(|(host, place)| row(host, place, bases)).collect();
    if as_json {
        output::json(&rows);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["CLIENT", "SCOPE", "STATUS", "SERVERS", "FILE"]);
    for row in &rows {
        let text = |key: &str| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned);
        table.add_row([text("client"), text("scope"), text("status"), text("servers"), text("file")]);
    }
    output::data(&table.trim_fmt());
    output::talk("`outboard install CLIENT` puts our entry into its file; `--move` takes its servers behind it");
    Ok(ExitCode::SUCCESS)
}

fn row(host: &Host, place: &Place, bases: &Bases) -> Value {
    let file = place.file(bases);
    let text = crate::clients::ClientFile::open(&file, None).ok().and_then(|file| file.text);
    let entries = text.as_deref().map(|text| raw_entries(host.format, text, &place.keys(bases)));
    let (status, servers) = match &entries {
        None => ("missing", 0),
        Some(Err(_)) => ("unreadable", 0),
        Some(Ok(entries)) if entries.iter().any(|raw| is_own(&raw.value)) => ("installed", entries.len()),
        Some(Ok(entries)) => ("found", entries.len()),
    };
    json!({
        "id": format!("{}/{}", host.id, place.scope.as_str()), "client": host.id, "name": host.name,
        "scope": place.scope.as_str(), "status": status, "servers": servers, "file": file,
    })
}
