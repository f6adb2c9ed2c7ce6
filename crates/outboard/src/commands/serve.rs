//! `outboard serve`: the MCP server that agents connect to.

use super::listening::{self, Door};
use crate::cli::{self, Cli};
use crate::compose::{self, App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_config::Settings;
use outboard_console::Console;
use outboard_execution::OnRestart;
use outboard_gateway::approvals::webhook::WebhookKey;
use outboard_mcp::server::webhook::{self, Webhook};
use outboard_mcp::server::{Instructions, Service, ServiceOptions, http, stdio};
use outboard_types::{CancellationToken, ErrorCode, Principal, Redacted};
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Servers named in the instructions; more are found by searching.
const NAMED: usize = 60;

/// With more servers than this a catalogue is never small enough to be shown directly.
const FEW: usize = 8;

pub(super) async fn run(cli: &Cli, args: &cli::Serve) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    super::first::tell(&settings);
    let door = listening::door(args)?;
    let principal = match &door {
        Door::Port(_) => Principal(http::PRINCIPAL.into()),
        Door::Stdio | Door::Socket(..) => Principal::default(),
    };
    let app = App::open(&settings, &principal, Pool::Warm).await?;
    let upstreams = app.catalog.upstreams.clone();
    if !matches!(door, Door::Stdio) {
        // Clients come and go; servers are told of all that some client may be able to do.
        upstreams.declare(&everything());
    }
    let service = Service::over(app.executions.clone(), upstreams, options(&settings, &app)?);
    if matches!(door, Door::Port(_)) {
        compose::see_apart(&app.catalog, principal.clone());
    }
    if let (Some(webhook), Some(desk)) = (&service.options().webhook, &app.executions.deps().desk) {
        tokio::spawn(webhook::follow(desk.clone(), webhook.clone()));
    }
    if let Some(telemetry) = &app.telemetry {
        let metrics = telemetry.metrics().clone();
        service.show_metrics(settings.telemetry.open_metrics, Box::new(move || metrics.text()));
    }
    recover(&app).await;
    super::retention::follow(app.executions.deps().journal.clone(), &settings);
    let (stop, mut reloading) = (stop_signal()?, super::reload::Reloading::new(cli, &settings)?);
    let serving = async {
        match door {
            Door::Stdio => stdio::serve(service, stop).await.map_err(Failure::from),
            Door::Port(listener) => over_http(service, (&settings, &app, &principal), listener, stop).await,
            Door::Socket(listener, _file) => {
                http::serve_unix(service, tokio::net::UnixListener::from_std(listener)?, stop)
                    .await
                    .map_err(Failure::from)
            }
        }
    };
    let served = tokio::select! {
        served = serving => served,
        never = reloading.follow(&app) => match never {},
    };
    app.close().await;
    served.map(|()| ExitCode::SUCCESS)
}

/// Goes on with what an earlier process left unfinished. Serving starts in any case.
async fn recover(app: &App) {
    match app.executions.recover().await {
        Ok(found) => {
            if !found.resumed.is_empty() {
                tracing::info!(executions = found.resumed.len(), "unfinished executions go on");
            }
            if !found.waiting.is_empty() {
                output::talk(&format!(
                    "{} executions wait: `outboard executions`, then `outboard resume ID`",
                    found.waiting.len()
                ));
            }
        }
        Err(error) => tracing::error!(%error, "unfinished executions could not be taken up"),
    }
}

/// What clients can be asked.
fn everything() -> serde_json::Value {
    serde_json::json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}, "roots": {}})
}

async fn over_http(
    service: Arc<Service>,
    (settings, app, principal): (&Settings, &App, &Principal),
    listener: std::net::TcpListener,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let (token, given) = match std::env::var("OUTBOARD_TOKEN") {
        Ok(token) if !token.is_empty() => (token, true),
        _ => (http::fresh_token(), false),
    };
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    output::talk(&format!("listening on http://{address}/mcp"));
    if !given {
        output::talk(&format!("bearer token (shown once): {token}"));
    }
    let token = Redacted::new(token);
    let console = super::console::beside(settings, app, principal, address, token.clone(), &stop);
    if console.is_some() {
        output::talk(&format!("console at http://{address}/console, with the same token"));
    }
    let beside = console.map(Console::router).unwrap_or_default();
    let gate = compose::gate(settings, &token)?;
    Ok(http::serve(service, listener, gate, beside, stop).await?)
}

/// Fires at SIGTERM and SIGINT, so that servers are ended and the journal is written; also when the terminal that
/// it was started from goes away. Without a terminal, SIGHUP asks for the settings to be read anew.
pub(super) fn stop_signal() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    let hangup = std::io::stdin().is_terminal().then(SignalKind::hangup);
    for kind in [SignalKind::terminate(), SignalKind::interrupt()].into_iter().chain(hangup) {
        let (mut stream, stop) = (signal(kind)?, stop.clone());
        tokio::spawn(async move {
            stream.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

pub(super) fn options(settings: &Settings, app: &App) -> Result<ServiceOptions, Failure> {
    let enabled = settings.servers.iter().filter(|server| server.enabled).count();
    Ok(ServiceOptions {
        expose: match settings.expose {
            outboard_config::Expose::Auto => outboard_mcp::server::Expose::Auto,
            outboard_config::Expose::Code => outboard_mcp::server::Expose::Code,
            outboard_config::Expose::Direct => outboard_mcp::server::Expose::Direct,
            outboard_config::Expose::Both => outboard_mcp::server::Expose::Both,
        },
        transparent: transparent(settings),
        drain: settings.drain,
        maybe_small: enabled <= FEW,
        wait: settings.execution.wait,
        max_tokens: settings.execution.max_tokens,
        // Where only the upstreams' own tools are shown, there is nothing to search or to run.
        instructions: match settings.expose {
            outboard_config::Expose::Direct => Arc::new(|_| String::new()),
            _ => instructions(app),
        },
        webhook: webhook(settings)?,
        on_restart: on_restart(settings),
    })
}

/// The only server, where its own names are to be shown: then no name of another can be meant.
fn transparent(settings: &Settings) -> Option<outboard_types::ServerName> {
    let mut enabled = settings.servers.iter().filter(|server| server.enabled);
    let only = enabled.next().filter(|_| settings.expose == outboard_config::Expose::Direct)?;
    enabled.next().is_none().then(|| only.name.clone())
}

/// What becomes of programs when this process ends before they do.
fn on_restart(settings: &Settings) -> OnRestart {
    match settings.journal.on_restart.as_str() {
        "ask" => OnRestart::Suspend,
        "fail" => OnRestart::Fail,
        _ => OnRestart::Resume,
    }
}

/// Who is told of questions to people; both the address and the key are needed.
fn webhook(settings: &Settings) -> Result<Option<Webhook>, Failure> {
    let wrong = |problem: String| Failure::new(ErrorCode::InvalidSettings, problem);
    match (&settings.approvals.webhook, &settings.approvals.webhook_secret) {
        (None, None) => Ok(None),
        (Some(url), Some(secret)) => {
            let key = WebhookKey::new(secret.expose().as_bytes());
            let key = key.map_err(|problem| wrong(format!("approvals.webhook_secret: {problem}")))?;
            Ok(Some(Webhook { url: url.clone(), key }))
        }
        _ => Err(wrong("approvals.webhook and approvals.webhook_secret belong together; set both".into())),
    }
}

/// A few lines that tell a model where to look: each server by name that its principal may use.
fn instructions(app: &App) -> Instructions {
    let (upstreams, rules) = (app.catalog.upstreams.clone(), app.executions.deps().rulebook.clone());
    Arc::new(move |principal| {
        let rules = rules.current();
        let names = upstreams.names().into_iter().filter(|name| rules.shows_server(name, principal));
        named(&names.map(|name| name.to_string()).collect::<Vec<_>>())
    })
}

fn named(all: &[String]) -> String {
    let names = all.get(..NAMED).unwrap_or(all);
    let more = all.len() - names.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "Functions of these servers can be called from programs: {}{rest}. Find functions with search_tools, \
         then write one program with run_code that calls them and returns a small result.",
        names.join(", ")
    )
}
