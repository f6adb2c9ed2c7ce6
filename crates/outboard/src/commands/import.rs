//! `outboard import`: takes over the servers that other clients have.

use crate::cli::{self, Cli};
use crate::clients::{Found, Status, Target, harmless, look, take};
use crate::failure::Failure;
use crate::{folders, output};
use comfy_table::{Table, presets};
use outboard_hosts::{HOSTS, Host, host};
use serde_json::Value;
use std::process::ExitCode;

pub(super) fn run(cli: &Cli, args: &cli::Import) -> Result<ExitCode, Failure> {
    let hosts = chosen(&args.from)?;
    let places = hosts.into_iter().flat_map(|host| host.places.iter().map(move |place| (host, place)));
    let found = look(cli, &folders::bases()?, &args.taking, places, None)?;
    let takes = found.iter().any(|found| found.status == Status::Taken);
    if !args.json {
        show(&found, &args.from);
    }
    let wanted = takes && !args.dry_run && (args.yes || args.json || agreed()?);
    let targets = if wanted { take(cli, &found, args.project)? } else { Vec::new() };
    if args.json {
        output::json(&found.iter().map(|found| record(found, !targets.is_empty())).collect::<Vec<_>>());
    }
    targets.iter().for_each(told);
    if args.dry_run && takes {
        output::talk("nothing was written; without --dry-run it is");
    }
    Ok(ExitCode::SUCCESS)
}

/// The clients of these names; all without any.
fn chosen(names: &[String]) -> Result<Vec<&'static Host>, Failure> {
    if names.is_empty() {
        return Ok(HOSTS.iter().collect());
    }
    names.iter().map(|name| known(name)).collect()
}

/// The client of that name.
pub(super) fn known(name: &str) -> Result<&'static Host, Failure> {
    host(name).ok_or_else(|| {
        let all: Vec<&str> = HOSTS.iter().map(|host| host.id).collect();
        Failure::usage(format!("{:?} is no client that is known", harmless(name)))
            .hint(format!("known: {}", all.join(", ")))
    })
}

fn record(found: &Found, written: bool) -> Value {
    let mut record = found.as_json();
    record["written"] = (written && found.status == Status::Taken).into();
    record
}

fn show(found: &[Found], from: &[String]) {
    if found.is_empty() {
        let whose = if from.is_empty() { "any client".to_owned() } else { from.join(", ") };
        return output::talk(&format!("no servers of {whose} were found; `outboard demo` shows what they would gain"));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["SERVER", "STATUS", "CLIENT", "SCOPE", "TRANSPORT", "REACHED BY"]);
    for one in found {
        table.add_row([
            harmless(&one.name),
            one.status.as_str().to_owned(),
            one.host.name.to_owned(),
            one.scope.as_str().to_owned(),
            one.server.as_ref().map(|server| server.kind()).unwrap_or_default().to_owned(),
            one.reached(),
        ]);
    }
    output::data(&table.trim_fmt());
    found.iter().for_each(remarks);
}

/// What a person should know beside the table.
fn remarks(found: &Found) {
    let name = harmless(if found.written.is_empty() { found.host.name } else { &found.written });
    let say = |text: &str| output::talk(&format!("{name}: {}", harmless(text)));
    found.why.iter().for_each(|why| say(why));
    if !found.referenced.is_empty() {
        let names: Vec<String> = found.referenced.iter().map(|name| format!("${{{name}}}")).collect();
        say(&format!("its secrets are written as {}; --keep-values writes them themselves", names.join(", ")));
    }
    let Some(server) = &found.server else { return };
    server.notes.iter().for_each(|note| say(note));
    if !server.left.is_empty() && found.status == Status::Taken {
        say(&format!("stays in {} alone: {}", found.host.name, server.left.join(", ")));
    }
    if found.status == Status::Taken && found.hides() {
        say("values that may be secrets are not shown; they are written as they are");
    }
}

/// Without a terminal, the command itself is the wish.
fn agreed() -> Result<bool, Failure> {
    let question = "write these into the settings? They will be started when they are needed.";
    Ok(super::asking::yes(question)?.unwrap_or(true))
}

pub(super) fn told(target: &Target) {
    output::talk(&format!("{} servers written to {}", target.servers, target.file.display()));
    target.backup.iter().for_each(|copy| output::talk(&format!("what was there before: {}", copy.display())));
}
