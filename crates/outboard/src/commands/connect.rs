//! `outboard connect`: serves the programs of the user's own shell, through the modules of `generate --connect`.

use crate::cli::{self, Cli};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_catalog::Catalogue;
use outboard_codegen::{Client, Files};
use outboard_config::Settings;
use outboard_connect::{ConnectError, Door, Place, Visitor};
use outboard_execution::{Executions, Guest, RunRequest};
use outboard_types::{ErrorCode, Principal};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Longer than any shell is open.
const LONG: Duration = Duration::from_secs(365 * 24 * 3_600);

/// The modules of `generate --connect`.
pub(super) fn files(cli: &Cli, settings: &Settings, catalogue: &Catalogue) -> Result<Files, Failure> {
    let place = place(settings)?;
    place.key().map_err(failed)?;
    let mut start = vec![std::env::current_exe()?.display().to_string()];
    if let Some(config) = &cli.config {
        start.extend(["--config".to_owned(), std::path::absolute(config)?.display().to_string()]);
    }
    start.push("connect".to_owned());
    let told = json!({
        "socket": place.socket(), "key": place.key_file(), "log": place.log(),
        "start": start, "folder": std::env::current_dir()?,
    });
    let client = Client {
        javascript: outboard_external::CONNECT,
        python: outboard_python::CONNECT,
        settings: &format!("{told:#}\n"),
    };
    Ok(Files::for_shells(catalogue, client))
}

pub(super) async fn run(cli: &Cli, args: &cli::Connect) -> Result<ExitCode, Failure> {
    let idle = outboard_config::span(&args.idle)
        .ok_or_else(|| Failure::usage(format!("--idle {:?} is no time span", args.idle)).hint("write it like 10min"))?;
    let settings = compose::settings(cli)?;
    let door = match Door::open(place(&settings)?) {
        Ok(door) => Arc::new(door),
        // Two programs may have wanted one at the same time.
        Err(error @ ConnectError::Taken(_)) => {
            output::talk(&error.to_string());
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(failed(error)),
    };
    let stop = super::serve::stop_signal()?;
    let app = App::open(&settings, &Principal::default(), Pool::None).await?;
    tokio::select! {
        served = serve(&door, &app.executions, idle) => served?,
        () = stop.cancelled() => {}
    }
    app.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Lets programs in until none has come or been there for so long.
async fn serve(door: &Arc<Door>, executions: &Arc<Executions>, idle: Duration) -> Result<(), Failure> {
    // One receiver a program: their number is how many there are.
    let here = watch::Sender::new(());
    loop {
        let socket = tokio::select! {
            socket = door.next() => socket.map_err(failed)?,
            () = quiet(&here, idle) => return Ok(()),
        };
        let (door, executions, present) = (door.clone(), executions.clone(), here.subscribe());
        tokio::spawn(async move {
            match door.greet(socket).await {
                Ok(visitor) => attend(&executions, visitor).await,
                Err(error) => tracing::warn!(%error, "a process was not let in"),
            }
            drop(present);
        });
    }
}

async fn quiet(here: &watch::Sender<()>, idle: Duration) {
    loop {
        here.closed().await;
        tokio::time::sleep(idle).await;
        if here.is_closed() {
            return;
        }
    }
}

/// One program, from its first call to its end: one execution.
async fn attend(executions: &Executions, Visitor { hello, socket }: Visitor) {
    let started = executions.start(RunRequest {
        session: hello.session,
        guest: Some(Arc::new(Guest::new(socket))),
        ..RunRequest::new(hello.language, hello.code)
    });
    match started {
        Ok(handle) => drop(handle.wait(LONG).await),
        Err(error) => tracing::warn!(%error, "a program could not be served"),
    }
}

fn place(settings: &Settings) -> Result<Place, Failure> {
    std::fs::create_dir_all(&settings.state_dir)?;
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_dir());
    let short = runtime.map_or_else(outboard_connect::short_folder, |folder| folder.join("outboard"));
    Place::open(&settings.state_dir, &short).map_err(failed)
}

fn failed(error: ConnectError) -> Failure {
    Failure::new(ErrorCode::Internal, error.to_string())
}
