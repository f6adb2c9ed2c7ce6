//! Six MCP servers with made-up, deterministic data: what trials and tests talk to.
//!
//! `outboard-demo SERVER` serves one of them over stdin and stdout; `outboard-demo --list` names them. Same
//! call, same answer: nothing is random and nothing reads the clock. Never here: anything of the product.
//!
//! `OUTBOARD_DEMO_LATENCY=20ms` delays every call. `OUTBOARD_DEMO_FAULT=every:7=error` makes each seventh call
//! fail; instead of `error` also `crash` (the process ends) and `hang` (no answer).

mod crm;
mod deploys;
mod drive;
mod faults;
mod logs;
mod made_up;
mod protocol;
mod salesforce;
mod slack;
mod tool;

use std::io;
use std::process::ExitCode;
use tool::Server;

fn servers() -> Vec<Server> {
    vec![drive::server(), salesforce::server(), slack::server(), crm::server(), logs::server(), deploys::server()]
}

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if wanted == "--list" {
        let names: Vec<_> = servers().iter().map(|server| server.name).collect();
        return written(io::Write::write_all(&mut io::stdout(), format!("{}\n", names.join("\n")).as_bytes()));
    }
    match servers().into_iter().find(|server| server.name == wanted) {
        Some(server) => written(protocol::serve(server, io::stdin().lock(), io::stdout().lock())),
        None => {
            let _ = io::Write::write_all(&mut io::stderr(), b"usage: outboard-demo SERVER | --list\n");
            ExitCode::from(2)
        }
    }
}

fn written(result: io::Result<()>) -> ExitCode {
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
