//! Prompts, resources and completion: listed under names that say whose they are, fetched through the gateway.
//!
//! A resource keeps its address, because tool results and prompts refer to it; which server it is read from
//! follows from the lists. Where two servers list the same address, the first by name has it. What rules always
//! deny a principal is not listed; a server of which they deny everything is as if it was not there.

use super::calls::{Again, operate};
use super::service::{Caller, Service};
use super::skills;
use crate::client::Offer;
use crate::rpc::RpcError;
use outboard_gateway::{Kind, Operation};
use outboard_types::{ErrorCode, Principal, ServerName, ToolError};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

/// Entries of one list that are shown at most.
const MOST: usize = 20_000;

fn invalid(why: impl std::fmt::Display) -> RpcError {
    RpcError::new(RpcError::INVALID_PARAMS, why.to_string())
}

fn parsed<'a, T: Deserialize<'a>>(method: &str, params: Option<&'a RawValue>) -> Result<T, RpcError> {
    let text = params.map_or("{}", RawValue::get);
    serde_json::from_str(text).map_err(|error| invalid(format!("{method}: {error}")))
}

/// The list of all servers, in the order of their names, as a principal sees it.
pub(super) async fn list(
    service: &Service,
    offer: Offer,
    params: Option<&RawValue>,
    principal: &Principal,
) -> Result<Value, RpcError> {
    #[derive(Deserialize)]
    struct Params {
        cursor: Option<String>,
    }
    if parsed::<Params>(offer.method(), params)?.cursor.is_some() {
        return Err(invalid("the list has one page; the cursor is not known"));
    }
    let key = match offer {
        Offer::Prompts => "prompts",
        Offer::Resources => "resources",
        Offer::Templates => "resourceTemplates",
    };
    let ours = if offer == Offer::Prompts { skills::prompts(service).await } else { Vec::new() };
    let seen = |server: &ServerName, name: &str| service.shows(principal, server, named_by(offer).0, name);
    let theirs = entries(service, offer, &seen).await.into_iter().map(|(_, entry)| entry);
    let entries: Vec<Value> = ours.into_iter().chain(theirs).take(MOST).collect();
    Ok(json!({ key: entries }))
}

/// Whether an entry of a server is looked at.
type Seen<'a> = &'a (dyn Fn(&ServerName, &str) -> bool + Send + Sync);

async fn entries(service: &Service, offer: Offer, seen: Seen<'_>) -> Vec<(ServerName, Value)> {
    let Some(upstreams) = &service.upstreams else { return Vec::new() };
    service.listed(None).await;
    let mut all = Vec::new();
    for (server, list) in upstreams.offers(offer).await {
        for entry in list {
            let Ok(mut entry) = serde_json::from_str::<Map<String, Value>>(entry.get()) else { continue };
            let Some(name) = entry.get(named_by(offer).1).and_then(Value::as_str) else { continue };
            if !seen(&server, name) {
                continue;
            }
            if offer == Offer::Prompts {
                let shown = service.shown_name(&server, name);
                entry.insert("name".into(), json!(shown));
            }
            all.push((server.clone(), Value::Object(entry)));
        }
    }
    all
}

/// What an entry of a list is at the door, and which of its fields is its name there.
fn named_by(offer: Offer) -> (Kind, &'static str) {
    match offer {
        Offer::Prompts => (Kind::Prompt, "name"),
        Offer::Resources => (Kind::Resource, "uri"),
        Offer::Templates => (Kind::Resource, "uriTemplate"),
    }
}

/// `prompts/get`.
pub(super) async fn prompt(service: &Service, params: Option<&RawValue>, caller: Caller) -> Result<Value, RpcError> {
    #[derive(Deserialize)]
    struct Params {
        name: String,
        #[serde(default)]
        arguments: Option<Value>,
    }
    let given: Params = parsed("prompts/get", params)?;
    let again = Again::read("prompts/get", params)?;
    if let Some(own) = skills::prompt(service, &given.name, &again, &caller.principal).await {
        return own;
    }
    let unknown = || invalid(format!("no prompt is named {:?}", cut(&given.name)));
    let (server, name) = service.prompt(&given.name, &caller.principal).await.ok_or_else(unknown)?;
    let arguments = given.arguments.unwrap_or_else(|| json!({}));
    let bound = ("prompts/get", given.name.as_str(), arguments.to_string());
    let operation = Operation::GetPrompt { name, arguments };
    operate(service, server, operation, bound, again, caller).await?.map_err(|error| refused(&error, None))
}

/// `resources/read`.
pub(super) async fn read(service: &Service, params: Option<&RawValue>, caller: Caller) -> Result<Value, RpcError> {
    #[derive(Deserialize)]
    struct Params {
        uri: String,
    }
    let Params { uri } = parsed("resources/read", params)?;
    let again = Again::read("resources/read", params)?;
    let server = service.resource_for(&uri, &caller.principal).await?;
    let bound = ("resources/read", uri.as_str(), String::new());
    let operation = Operation::ReadResource { uri: uri.clone() };
    operate(service, server, operation, bound, again, caller).await?.map_err(|error| refused(&error, Some(&uri)))
}

/// `completion/complete`.
pub(super) async fn complete(service: &Service, params: Option<&RawValue>, caller: Caller) -> Result<Value, RpcError> {
    let mut given: Map<String, Value> = parsed("completion/complete", params)?;
    given.retain(|key, _| matches!(key.as_str(), "ref" | "argument" | "context"));
    let reference = given.get_mut("ref").and_then(Value::as_object_mut);
    let reference = reference.ok_or_else(|| invalid("completion/complete: `ref` is missing"))?;
    let text = |key: &str| reference.get(key).and_then(Value::as_str).map(str::to_owned);
    let server = match (text("type").as_deref(), text("name"), text("uri")) {
        (Some("ref/prompt"), Some(shown), _) => {
            let found = service.prompt(&shown, &caller.principal).await;
            let (server, name) = found.ok_or_else(|| invalid(format!("no prompt is named {:?}", cut(&shown))))?;
            reference.insert("name".into(), json!(name));
            server
        }
        (Some("ref/resource"), _, Some(uri)) => service.resource_for(&uri, &caller.principal).await?,
        _ => return Err(invalid("completion/complete: `ref` names neither a prompt nor a resource")),
    };
    let parameters = Value::Object(given);
    let bound = ("completion/complete", "", parameters.to_string());
    let again = Again::default();
    operate(service, server, Operation::Complete(parameters), bound, again, caller)
        .await?
        .map_err(|error| refused(&error, None))
}

/// `resources/subscribe` and its opposite.
pub(super) async fn subscribe(
    service: &Service,
    params: Option<&RawValue>,
    caller: &Caller,
    on: bool,
) -> Result<Value, RpcError> {
    #[derive(Deserialize)]
    struct Params {
        uri: String,
    }
    let Params { uri } = parsed("resources/subscribe", params)?;
    let client = caller.client.as_ref().ok_or_else(|| invalid("there is no session to subscribe in"))?;
    if on {
        // Filled here, so that what is told later can be looked up at once.
        let found = service.readable(&uri, &caller.principal).await;
        found.ok_or_else(|| no_resource(&uri, "no server lists it"))?;
    }
    if client.watch(&uri, on) {
        service.watch(&uri, on);
    }
    Ok(json!({}))
}

fn no_resource(uri: &str, why: &str) -> RpcError {
    let data = to_raw_value(&json!({ "uri": uri })).ok();
    RpcError { code: RpcError::INVALID_PARAMS, message: format!("resource not found: {why}"), data }
}

/// A failure of what is no tool is an error of the protocol.
fn refused(error: &ToolError, uri: Option<&str>) -> RpcError {
    let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let code = match error.code {
        ErrorCode::InvalidArguments | ErrorCode::InvalidRequest => RpcError::INVALID_PARAMS,
        _ => RpcError::INTERNAL,
    };
    let data = to_raw_value(&json!({"code": error.code, "uri": uri})).ok();
    RpcError { code, message: format!("{error}{hint}"), data }
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

impl Service {
    /// Whether something that a server lists may be shown to a principal.
    pub(super) fn shows(&self, principal: &Principal, server: &ServerName, kind: Kind, name: &str) -> bool {
        let rules = self.executions.deps().rulebook.current();
        kind.id(server, name).is_some_and(|id| rules.shows(&id, principal))
    }

    /// Whether a principal hears of a server.
    pub(super) fn shows_server(&self, principal: &Principal, server: &ServerName) -> bool {
        self.executions.deps().rulebook.current().shows_server(server, principal)
    }

    /// The server and the inner name of a prompt as it is shown.
    async fn prompt(&self, shown: &str, principal: &Principal) -> Option<(ServerName, String)> {
        let seen = |server: &ServerName, _: &str| self.shows_server(principal, server);
        let names = entries(self, Offer::Prompts, &seen).await;
        let (server, _) = names.into_iter().find(|(_, entry)| entry["name"] == shown)?;
        let name = match &self.options.transparent {
            Some(_) => shown,
            None => shown.strip_prefix(server.as_str())?.strip_prefix("__")?,
        };
        Some((server, name.to_owned()))
    }

    /// The server of a resource: the one that lists it or its template, else the only one with resources.
    async fn resource(&self, uri: &str, principal: &Principal) -> Option<ServerName> {
        let servers = self.upstreams.as_ref().map(|upstreams| upstreams.names()).unwrap_or_default();
        let may = |server: &ServerName| servers.contains(server) && self.shows_server(principal, server);
        let seen = |server: &ServerName, _: &str| may(server);
        let known = self.routes().get(uri).cloned().filter(may);
        if known.is_some() {
            return known;
        }
        let listed = entries(self, Offer::Resources, &seen).await;
        let templates = entries(self, Offer::Templates, &seen).await;
        let exact = listed.iter().find(|(_, entry)| entry["uri"] == uri).map(|(server, _)| server.clone());
        let found = exact.or_else(|| best(&templates, uri)).or_else(|| only(listed.iter().chain(&templates)));
        if let Some(server) = &found {
            self.route(uri, server);
        }
        found
    }

    /// The same, if the principal may read it: who may not does not hear of it either.
    pub(super) async fn readable(&self, uri: &str, principal: &Principal) -> Option<ServerName> {
        self.resource(uri, principal).await.filter(|server| self.shows(principal, server, Kind::Resource, uri))
    }

    async fn resource_for(&self, uri: &str, principal: &Principal) -> Result<ServerName, RpcError> {
        self.resource(uri, principal).await.ok_or_else(|| no_resource(uri, "no server lists it"))
    }
}

/// The template that fits with most letters of its own.
fn best(templates: &[(ServerName, Value)], uri: &str) -> Option<ServerName> {
    let fitting = templates.iter().filter_map(|(server, entry)| {
        let template = entry["uriTemplate"].as_str()?;
        if template == uri {
            return Some((usize::MAX, server));
        }
        let (head, tail) = (template.split('{').next()?, template.rsplit('}').next()?);
        let fits = uri.len() >= head.len() + tail.len() && uri.starts_with(head) && uri.ends_with(tail);
        (fits && !head.is_empty()).then_some((head.len() + tail.len(), server))
    });
    fitting.max_by_key(|(own, _)| *own).map(|(_, server)| server.clone())
}

fn only<'a>(entries: impl Iterator<Item = &'a (ServerName, Value)>) -> Option<ServerName> {
    let mut servers = entries.map(|(server, _)| server);
    let first = servers.next()?;
    servers.all(|server| server == first).then(|| first.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_template_wins() {
        let server = |name: &str| ServerName::new(name).unwrap();
        let templates = [
            (server("a"), json!({"uriTemplate": "file:///{path}"})),
            (server("b"), json!({"uriTemplate": "file:///logs/{day}/raw"})),
        ];
        assert_eq!(best(&templates, "file:///logs/1/raw"), Some(server("b")));
        assert_eq!(best(&templates, "file:///logs/1"), Some(server("a")));
        assert_eq!(best(&templates, "file:///logs/{day}/raw"), Some(server("b")));
        assert_eq!(best(&templates, "http://x"), None);
    }
}
