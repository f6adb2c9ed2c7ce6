//! Eight MCP servers with made-up, deterministic data: what trials and tests talk to.
//!
//! `outboard-demo SERVER` serves one of them over stdin and stdout; `outboard-demo --list` names them;
//! `outboard-demo recorded FILE` answers from a recording. Same calls in the same order, same answers: nothing is
//! random and no data comes from the clock. Never here: anything of the product.
//!
//! `OUTBOARD_DEMO_LATENCY=20ms` delays every answer (calls under way at once wait at once).
//! `OUTBOARD_DEMO_FAULT=every:7=error` makes each seventh call fail; instead of `error` also `crash` (the
//! process ends) and `hang` (no answer). `OUTBOARD_DEMO_CUSTOMERS`, `OUTBOARD_DEMO_ORDERS`,
//! `OUTBOARD_DEMO_TRANSCRIPT` and `OUTBOARD_DEMO_TOOLS` say how many customers crm has, rows the sheet of orders, lines
//! the meeting, and tools catalogue. Settings that are not understood are refused.

mod catalogue;
mod crm;
mod deploys;
mod drive;
mod faults;
mod logs;
mod made_up;
mod mail;
mod protocol;
mod query;
mod recorded;
mod salesforce;
mod sheets;
mod slack;
mod tool;

use std::io::{self, Write};
use std::process::ExitCode;
use tool::Server;

/// Makes a server.
type Make = fn() -> Result<Server, String>;

const SERVERS: [(&str, Make); 8] = [
    ("google-drive", drive::server),
    ("salesforce", || Ok(salesforce::server())),
    ("slack", || Ok(slack::server())),
    ("crm", crm::server),
    ("logs", || Ok(logs::server())),
    ("deploys", || Ok(deploys::server())),
    ("mail", || Ok(mail::server())),
    ("catalogue", catalogue::server),
];

/// How many of something a variable asks for.
fn size(variable: &str, usual: usize, most: usize) -> Result<usize, String> {
    let Ok(text) = std::env::var(variable) else { return Ok(usual) };
    let asked = text.parse().ok().filter(|asked| (1..=most).contains(asked));
    asked.ok_or_else(|| format!("{variable}={text} is not understood; it is a number from 1 to {most}"))
}

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if wanted == "--list" {
        let names = SERVERS.map(|(name, _)| name).join("\n");
        return ended(writeln!(io::stdout(), "{names}").map_err(|error| error.to_string()));
    }
    match made(&wanted).and_then(|server| Ok((server, faults::Faults::from_environment()?))) {
        Ok((server, faults)) => ended(protocol::serve(server, faults)),
        Err(problem) => refused(&problem),
    }
}

fn made(wanted: &str) -> Result<Server, String> {
    const USAGE: &str = "usage: outboard-demo SERVER | recorded FILE | --list";
    match (wanted, SERVERS.iter().find(|(name, _)| *name == wanted)) {
        ("recorded", _) => recorded::server(&std::env::args().nth(2).ok_or(USAGE)?),
        (_, Some((_, make))) => make(),
        (_, None) => Err(USAGE.to_owned()),
    }
}

fn ended(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            told(&problem);
            ExitCode::FAILURE
        }
    }
}

fn refused(problem: &str) -> ExitCode {
    told(problem);
    ExitCode::from(2)
}

fn told(problem: &str) {
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(io::stderr(), "{problem}");
}
