//! Settings that changed, put in force in a process that serves.

use super::{App, accounts, gateway, source};
use crate::failure::Failure;
use outboard_config::Settings;
use outboard_mcp::client::Replaced;
use std::sync::PoisonError;

/// What came of it.
pub(crate) struct Applied {
    /// Servers that are new, gone, or reached in another way.
    pub(crate) servers: Replaced,
    /// Parts of the settings that changed and hold from the next start on.
    pub(crate) restart: Vec<&'static str>,
}

/// Puts servers and policy of other settings in force. Executions keep the Surface that they started with; the
/// next ones get a new one.
pub(crate) fn apply(app: &App, old: &Settings, new: &Settings) -> Result<Applied, Failure> {
    let policy = gateway::policy(new)?;
    let ports = accounts::ports(new);
    let enabled = new.servers.iter().filter(|server| server.enabled);
    let specs = enabled.clone().map(|server| source::spec(server, &ports)).collect();
    let same = enabled.filter(|server| old.servers.contains(server)).map(|server| server.name.clone()).collect();
    let servers = app.catalog.upstreams.replace(specs, &same);
    *app.catalog.shown_by.write().unwrap_or_else(PoisonError::into_inner) = policy.clone();
    app.executions.deps().rulebook.replace(policy);
    app.catalog.surfaces.invalidate();
    Ok(Applied { servers, restart: restart(old, new) })
}

/// A part of the settings, and what it says.
type Part = (&'static str, fn(&Settings) -> String);

/// What was set when the parts were built, and cannot change under them.
fn restart(old: &Settings, new: &Settings) -> Vec<&'static str> {
    let parts: [Part; 17] = [
        ("expose", |all| format!("{:?}", all.expose)),
        ("serve", |all| format!("{:?}", all.drain)),
        ("network", |all| format!("{:?}", all.ca)),
        ("sandbox", |all| format!("{:?}", all.sandbox)),
        ("execution", |all| format!("{:?}", all.execution)),
        ("policy.pin and policy.lock", |all| format!("{:?}{:?}", all.policy.pin, all.policy.lock)),
        ("approvals", |all| format!("{:?}", all.approvals)),
        ("limits, prices, budget and gateway", |all| format!("{:?}", all.gateway)),
        ("journal", |all| format!("{:?}", all.journal)),
        ("preflight", |all| format!("{:?}{:?}", all.preflight, all.types)),
        ("shapes", |all| format!("{:?}", all.shapes)),
        ("skills", |all| format!("{:?}", all.skills)),
        ("privacy", |all| format!("{:?}", all.privacy)),
        ("telemetry", |all| format!("{:?}", all.telemetry)),
        ("inspection", |all| format!("{:?}", all.inspection_refuse)),
        ("state_dir and state", |all| format!("{:?}{:?}", all.state_dir, all.session_max_age)),
        ("timeout and concurrent_calls of servers", limits),
    ];
    parts.into_iter().filter(|(_, part)| part(old) != part(new)).map(|(name, _)| name).collect()
}

/// What the gateway was told of each server, as far as it differs from what it takes for one that it does not know.
fn limits(all: &Settings) -> String {
    let told = all.servers.iter().map(|server| (server.name.as_str(), server.timeout, server.concurrent_calls));
    let unusual = told.filter(|(_, timeout, calls)| timeout.as_secs() != 60 || calls.is_some());
    format!("{:?}", unusual.collect::<Vec<_>>())
}
