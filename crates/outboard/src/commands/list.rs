//! `outboard list`: the servers, their state and last error.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_auth::Standing;
use outboard_mcp::client::{ServerState, Upstreams};
use outboard_types::Principal;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) async fn run(cli: &Cli, args: &cli::List) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let catalog = compose::catalog(&settings, &Principal::default())?;
    ask_all(&catalog.upstreams, args.refresh).await;
    let states = catalog.upstreams.states();
    catalog.upstreams.shutdown().await;
    if args.json {
        output::json(&states.iter().map(as_json).collect::<Vec<_>>());
    } else if states.is_empty() {
        super::first::tell(&settings);
    } else {
        output::data(&table(&states));
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks servers for their listings, all at once; a failure shows in the server's state.
pub(super) async fn ask_all(upstreams: &Arc<Upstreams>, refresh: bool) {
    let (_, missing) = upstreams.cached_listings();
    let names = match refresh {
        true => upstreams.states().into_iter().map(|state| state.name).collect(),
        false => missing,
    };
    let tasks = names.into_iter().map(|name| {
        let upstreams = upstreams.clone();
        tokio::spawn(async move { upstreams.listing(&name, refresh).await.is_ok() })
    });
    for task in tasks.collect::<Vec<_>>() {
        let _ = task.await;
    }
}

pub(crate) fn as_json(state: &ServerState) -> Value {
    json!({
        "id": state.name,
        "server": state.name,
        "status": state.status,
        "transport": state.transport,
        "era": state.era,
        "protocol_version": state.protocol_version,
        "tools": state.tools,
        "sign_in": state.sign_in,
        "account": state.account,
        "last_error": state.last_error,
    })
}

/// How things stand with its account.
fn sign_in(state: &ServerState) -> String {
    match (&state.account, state.sign_in) {
        (Some(account), Standing::SignedIn) => format!("signed in as {account}"),
        (_, standing) => standing.as_str().to_owned(),
    }
}

fn table(states: &[ServerState]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "SERVER",
        "STATUS",
        "SIGN-IN",
        "TRANSPORT",
        "PROTOCOL",
        "TOOLS",
        "LAST ERROR",
    ]);
    for state in states {
        table.add_row([
            state.name.to_string(),
            state.status.as_str().to_owned(),
            sign_in(state),
            state.transport.to_string(),
            state.protocol_version.clone().unwrap_or_default(),
            state.tools.map(|tools| tools.to_string()).unwrap_or_default(),
            state.last_error.clone().unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
        ]);
    }
    table.trim_fmt()
}
