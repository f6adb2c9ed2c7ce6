//! `outboard console`: the console in the browser, over the journal that other processes write.

use crate::cli::{self, Cli};
use crate::compose::{self, App, Door};
use crate::failure::Failure;
use crate::output;
use crate::ports::{Office, Parts};
use outboard_config::Settings;
use outboard_console::{Console, Options, hosts_of};
use outboard_types::{CancellationToken, ErrorCode, Principal, Redacted};
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

pub(super) async fn run(cli: &Cli, args: &cli::Console) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", args.port)).await.map_err(|error| {
        Failure::new(ErrorCode::InvalidRequest, format!("cannot listen on port {}: {error}", args.port))
            .hint("choose a free port with --port, or 0 for any")
    })?;
    let address = listener.local_addr()?;
    let principal = Principal::default();
    let door = Door::open(&settings, &principal)?;
    let parts = Parts {
        journal: door.journal.clone(),
        desk: door.desk.clone(),
        gateway: door.gateway.clone(),
        rulebook: door.rulebook.clone(),
        circuits: door.circuits.clone(),
        border: door.border.clone(),
    };
    let office = Office::over(&settings, &door.catalog, parts, &principal);
    let options = Options { token: None, hosts: hosts_of(address), by: super::approvals::by() };
    let stop = super::serve::stop_signal()?;
    let console = Console::new(Arc::new(office), options, stop);
    let link = format!("http://{address}{}", console.link());
    output::talk("the console, with a link that is good once, for ten minutes:");
    output::data(&link);
    if !args.no_open {
        open(&link);
    }
    let served = console.serve(listener).await;
    compose::close_door(door).await;
    Ok(served.map(|()| ExitCode::SUCCESS)?)
}

/// The console of a process that serves agents on a port, unless settings turn it off.
pub(super) fn beside(
    settings: &Settings,
    app: &App,
    principal: &Principal,
    address: SocketAddr,
    token: Redacted<String>,
    stop: &CancellationToken,
) -> Option<Arc<Console>> {
    let deps = app.executions.deps();
    let desk = deps.desk.clone().filter(|_| settings.console)?;
    let parts = Parts {
        journal: deps.journal.clone(),
        desk,
        gateway: deps.gateway.clone(),
        rulebook: deps.rulebook.clone(),
        circuits: app.circuits.clone(),
        border: deps.border.clone(),
    };
    let office = Office::over(settings, &app.catalog, parts, principal);
    let options = Options { token: Some(token), hosts: hosts_of(address), by: "the holder of the token".into() };
    Some(Console::new(Arc::new(office), options, stop.clone()))
}

/// Asks the desktop to open a browser; without one the printed link has to do.
fn open(link: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || Stdio::null();
    let _ = Command::new(opener).arg(link).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}
