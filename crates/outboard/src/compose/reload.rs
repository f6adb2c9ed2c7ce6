//! Settings that changed, put in force in a process that serves.

use super::{App, accounts, gateway, source};
use crate::failure::Failure;
use outboard_config::{GatewaySettings, Settings};
use outboard_mcp::client::Replaced;
use std::sync::PoisonError;

/// What came of it.
pub(crate) struct Applied {
    /// Servers that are new, gone, or reached in another way.
    pub(crate) servers: Replaced,
    /// Parts of the settings that changed and hold from the next start on.
    pub(crate) restart: Vec<&'static str>,
    /// What is in force now.
    pub(crate) settings: Settings,
}

/// Puts servers, policy and limits of other settings in force. Executions keep the Surface that they started with; the
/// next ones get a new one.
pub(crate) fn apply(app: &App, old: &Settings, new: &Settings) -> Result<Applied, Failure> {
    let policy = gateway::policy(new)?;
    let settings = in_force(old, new);
    let layers = gateway::layers(&settings, app)?;
    let ports = accounts::ports(new);
    let enabled = new.servers.iter().filter(|server| server.enabled);
    let specs = enabled.clone().map(|server| source::spec(server, &ports)).collect();
    let same = enabled.filter(|server| old.servers.contains(server)).map(|server| server.name.clone()).collect();
    let servers = app.catalog.upstreams.replace(specs, &same);
    *app.catalog.shown_by.write().unwrap_or_else(PoisonError::into_inner) = policy.clone();
    app.catalog.surfaces.invalidate();
    // After that: clients hear of other rules from here, and what they list then is new.
    app.executions.deps().rulebook.replace(policy);
    if format!("{:?}", settings.gateway) != format!("{:?}", old.gateway) || limits(&settings) != limits(old) {
        app.executions.deps().gateway.replace(layers);
    }
    Ok(Applied { servers, restart: restart(&settings, new), settings })
}

/// The settings that hold: of the new ones those that can change under a process that serves.
fn in_force(old: &Settings, new: &Settings) -> Settings {
    // A forecast of what programs cost, and what is known of broken servers, were made of these.
    let kept = old.gateway.clone();
    let gateway = GatewaySettings {
        prices: kept.prices,
        budget_execution: kept.budget_execution,
        budget_day: kept.budget_day,
        budget_denies: kept.budget_denies,
        breaker: kept.breaker,
        ..new.gateway.clone()
    };
    let pinned =
        outboard_config::PolicySettings { pin: old.policy.pin, lock: old.policy.lock.clone(), ..new.policy.clone() };
    let (servers, files) = (new.servers.clone(), new.files.clone());
    Settings { servers, policy: pinned, gateway, files, ..old.clone() }
}

/// A part of the settings, and what it says.
type Part = (&'static str, fn(&Settings) -> String);

/// What was set when the parts were built, and cannot change under them.
fn restart(old: &Settings, new: &Settings) -> Vec<&'static str> {
    let parts: [Part; 16] = [
        ("expose", |all| format!("{:?}", all.expose)),
        ("serve", |all| format!("{:?}", all.drain)),
        ("network", |all| format!("{:?}", all.ca)),
        ("sandbox", |all| format!("{:?}", all.sandbox)),
        ("execution", |all| format!("{:?}", all.execution)),
        ("policy.pin and policy.lock", |all| format!("{:?}{:?}", all.policy.pin, all.policy.lock)),
        ("approvals", |all| format!("{:?}", all.approvals)),
        ("prices, budget and gateway.breaker", |all| format!("{:?}", all.gateway)),
        ("journal", |all| format!("{:?}", all.journal)),
        ("preflight", |all| format!("{:?}{:?}", all.preflight, all.types)),
        ("shapes", |all| format!("{:?}", all.shapes)),
        ("skills", |all| format!("{:?}", all.skills)),
        ("privacy", |all| format!("{:?}", all.privacy)),
        ("telemetry", |all| format!("{:?}", all.telemetry)),
        ("inspection", |all| format!("{:?}", all.inspection_refuse)),
        ("state_dir and state", |all| format!("{:?}{:?}", all.state_dir, all.session_max_age)),
    ];
    parts.into_iter().filter(|(_, part)| part(old) != part(new)).map(|(name, _)| name).collect()
}

/// What the gateway was told of each server, as far as it differs from what it takes for one that it does not know.
fn limits(all: &Settings) -> String {
    let told = all.servers.iter().map(|server| (server.name.as_str(), server.timeout, server.concurrent_calls));
    let unusual = told.filter(|(_, timeout, calls)| timeout.as_secs() != 60 || calls.is_some());
    format!("{:?}", unusual.collect::<Vec<_>>())
}
