//! Policies, tools and calls in one line.

use outboard_catalog::{Catalogue, Hints, Listing};
use outboard_policy::{Decision, Origin, Policy, Profile, Rule, ServerAccess, Subject, WrittenRule};
use outboard_types::{Principal, ServerName, SessionName, ToolId};
use serde_json::Value;
use serde_json::value::RawValue;

/// Settings as users write them: `profile`, `[[rules]]`, `[access.SERVER]`.
pub(crate) fn policy(text: &str) -> Policy {
    let table: toml::Table = text.parse().unwrap();
    let profile = table.get("profile").map_or(Profile::Balanced, |profile| profile.clone().try_into().unwrap());
    let rules = table.get("rules").and_then(toml::Value::as_array).into_iter().flatten().enumerate();
    let rules: Vec<Rule> = rules.map(|(at, rule)| WrittenRule::read(rule, at, "").unwrap()).collect();
    let list = |value: &toml::Value, key: &str| -> Vec<String> {
        value.get(key).map(|list| list.clone().try_into().unwrap()).unwrap_or_default()
    };
    let access = table.get("access").and_then(toml::Value::as_table).into_iter().flatten();
    let access = access.map(|(server, value)| ServerAccess {
        server: ServerName::new(server).unwrap(),
        allow: list(value, "allow"),
        deny: list(value, "deny"),
    });
    Policy::new(profile, rules, access.collect()).unwrap()
}

/// One call; who asks is `who/session/origin`, with defaults for what is left out.
pub(crate) fn decide(policy: &Policy, tool: &str, hints: Hints, arguments: &str, who: &str) -> Decision {
    let (server, name) = tool.split_once('.').unwrap();
    let id = ToolId::new(server, name).unwrap();
    let raw = RawValue::from_string(arguments.to_owned()).unwrap();
    let mut who = who.split('/').filter(|part| !part.is_empty());
    let principal = who.next().map_or_else(Principal::default, |name| Principal(name.into()));
    let session = who.next().map_or_else(SessionName::default, |name| SessionName::new(name).unwrap());
    let origin = match who.next() {
        Some("model") => Origin::Model,
        Some("person") => Origin::Person,
        _ => Origin::Program,
    };
    policy.decide(&Subject {
        tool: &id,
        hints: &hints,
        arguments: Some(&raw),
        principal: &principal,
        session: &session,
        origin,
    })
}

/// `ro`, `destructive`, `!destructive`, `ro+destructive`, `idempotent`, `closed`.
pub(crate) fn hints(words: &str) -> Hints {
    let mut hints = Hints::default();
    for word in words.split('+') {
        match word.trim() {
            "" => {}
            "ro" => hints.read_only = Some(true),
            "!ro" => hints.read_only = Some(false),
            "destructive" => hints.destructive = Some(true),
            "!destructive" => hints.destructive = Some(false),
            "idempotent" => hints.idempotent = Some(true),
            "closed" => hints.open_world = Some(false),
            other => panic!("{other} is no hint"),
        }
    }
    hints
}

/// A catalogue of servers and their definitions.
pub(crate) fn catalogue(servers: &[(&str, Vec<Value>)]) -> Catalogue {
    let raw = |value: &Value| RawValue::from_string(value.to_string()).unwrap();
    let listing = |(server, tools): &(&str, Vec<Value>)| Listing {
        server: ServerName::new(server).unwrap(),
        title: None,
        instructions: None,
        tools: tools.iter().map(raw).collect(),
    };
    Catalogue::build(1, servers.iter().map(listing).collect())
}
