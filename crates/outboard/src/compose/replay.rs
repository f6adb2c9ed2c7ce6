//! What a run over recorded answers needs: everything a run has, with nobody behind the door.

use super::{App, Everything, Pool, catalog, gateway, inspection, limits, privacy, sandbox, sandbox_options};
use crate::failure::Failure;
use outboard_catalog::Listing;
use outboard_config::Settings;
use outboard_execution::{Deps, Executions, Follower, Intents, Orders, StateFolder, SurfaceSource, Surfaces};
use outboard_gateway::{Answer, Circuits, Gateway, Permit, Upstream, chain};
use outboard_journal::Journal;
use outboard_mcp::client::Upstreams;
use outboard_sandbox::Sandbox;
use outboard_types::{Call, ErrorCode, ExecutionId, ServerName, ToolError};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Opens the parts for a replay of one execution of `journal`, with its state in a folder of its own.
pub(crate) async fn replay(
    settings: &Settings,
    journal: &Journal,
    id: &ExecutionId,
    folder: &Path,
    follower: Arc<dyn Follower>,
) -> Result<App, Failure> {
    let copy = copied(journal, id)?;
    let mut catalog = catalog(settings, &Everything)?;
    let kept = std::mem::replace(&mut catalog.state, StateFolder::new(folder));
    if let Some(row) = copy.execution(id)? {
        let kept = kept.sealed(privacy::file_seal(settings)?);
        kept.lend_files(id, &catalog.state.workspace(&row.record.principal, &row.record.session)?)?;
    }
    let source = Recorded { upstreams: catalog.upstreams.clone(), called: called(&copy, id)? };
    catalog.surfaces = Surfaces::new(Box::new(source), catalog.state.surfaces(), Arc::new(outboard_execution::Whole));
    let desk = gateway::desk(settings, &copy, None);
    let options = gateway::options(settings, catalog.policy.clone(), &copy, desk, catalog.definitions.clone())?;
    let rulebook = options.rulebook.clone();
    let executions = Executions::new(Deps {
        gateway: Gateway::new(chain(options, copy.clone()), Arc::new(Nobody)),
        surfaces: catalog.surfaces.clone(),
        sandbox: Box::new(Sandbox::start(sandbox_options(settings, Pool::None)?).await?),
        orders: Orders::new(copy.clone()),
        journal: copy,
        state: catalog.state.clone(),
        desk: None,
        rulebook,
        forecast: None,
        intents: Intents::default(),
        ask_in_doubt: false,
        follower: Some(follower),
        suspend_after: Duration::MAX,
        limits: limits(settings),
        files: sandbox::files(settings)?,
        egress: None,
        learned: None,
        skills: Some(catalog.skills.clone()),
        border: privacy::border(settings)?,
        inspection: inspection(settings)?,
        counting: None,
    });
    Ok(App { catalog, executions, circuits: Circuits::default(), telemetry: None })
}

/// A journal in memory that holds the execution alone.
fn copied(journal: &Journal, id: &ExecutionId) -> Result<Journal, Failure> {
    let (copy, mut parcel) = (outboard_journal::memory()?, Vec::new());
    journal.export(id, &str::to_owned, &mut parcel)?;
    copy.import(parcel.as_slice())?;
    Ok(copy)
}

/// Behind the door of a replay. Nothing comes here: the run ends where its record does.
struct Nobody;

impl Upstream for Nobody {
    fn call<'a>(&'a self, _permit: Permit, call: &'a Call) -> Answer<'a> {
        let error = ToolError::new(ErrorCode::Nondeterminism, "a replay calls nobody").on(&call.id);
        Box::pin(std::future::ready(Err(error)))
    }
}

/// The tools of each server with the arguments that they were called with.
type Called = BTreeMap<String, BTreeMap<String, Map<String, Value>>>;

fn called(journal: &Journal, id: &ExecutionId) -> Result<Called, Failure> {
    let mut called = Called::new();
    for intent in journal.history(id)?.intents {
        let given: Map<String, Value> = serde_json::from_str(&journal.load(&intent.arguments)?).unwrap_or_default();
        called.entry(intent.key.server).or_default().entry(intent.key.tool).or_default().extend(given);
    }
    Ok(called)
}

/// Listings as they were last saved; what was called and is in none of them is made up from the calls.
struct Recorded {
    upstreams: Arc<Upstreams>,
    called: Called,
}

impl SurfaceSource for Recorded {
    fn listings(&self) -> Pin<Box<dyn Future<Output = Vec<Listing>> + Send + '_>> {
        let (mut listings, _unknown) = self.upstreams.cached_listings();
        for (server, tools) in &self.called {
            // Requests to Outboard itself stand under a name that is no server's.
            let Ok(name) = ServerName::new(server) else { continue };
            let at = listings.iter().position(|listing| listing.server == name).unwrap_or_else(|| {
                listings.push(Listing { server: name, title: None, instructions: None, tools: Vec::new() });
                listings.len() - 1
            });
            let listed = listings[at].tools.iter().map(|tool| name_of(tool)).collect::<Vec<_>>();
            let missing = tools.iter().filter(|(tool, _)| !listed.contains(tool));
            listings[at].tools.extend(missing.filter_map(|(tool, given)| definition(tool, given)));
        }
        Box::pin(std::future::ready(listings))
    }
}

fn name_of(tool: &RawValue) -> String {
    let parsed: Value = serde_json::from_str(tool.get()).unwrap_or_default();
    parsed["name"].as_str().unwrap_or_default().to_owned()
}

fn definition(tool: &str, given: &Map<String, Value>) -> Option<Box<RawValue>> {
    let properties: Map<String, Value> = given.keys().map(|key| (key.clone(), json!({}))).collect();
    to_raw_value(&json!({"name": tool, "inputSchema": {"type": "object", "properties": properties}})).ok()
}
