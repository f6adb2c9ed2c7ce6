//! The rules in force, and a dry run of them.

use super::Office;
use crate::failure::Failure;
use outboard_console::Look;
use outboard_policy::{Origin, Policy, Subject};
use outboard_types::{ErrorCode, Principal, SessionName};
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(super) fn rules(office: &Office) -> Result<Value, Failure> {
    with_policy(office, |policy| {
        let rules = policy.rules().map(|(name, rule)| {
            let mut shown = json!(rule);
            shown["id"] = json!(name);
            shown
        });
        Ok(json!({
            "profile": policy.profile(), "version": policy.version().to_string(), "rules": rules.collect::<Vec<_>>(),
        }))
    })
}

fn with_policy<T>(office: &Office, work: impl FnOnce(&Policy) -> Result<T, Failure>) -> Result<T, Failure> {
    let rules = office.parts.rulebook.current();
    let policy = rules.policy();
    work(policy.ok_or_else(|| Failure::new(ErrorCode::InvalidRequest, "the rules in force cannot be listed"))?)
}

pub(super) async fn decision(office: Office, look: Look) -> Result<Value, Failure> {
    let Look::Decision { server, tool, arguments, principal, session, origin } = look else {
        return Err(Failure::usage("no call to decide about"));
    };
    let arguments = arguments.map(RawValue::from_string).transpose();
    let arguments = arguments.map_err(|error| Failure::usage(format!("the arguments are not JSON: {error}")))?;
    let session = session.as_deref().map_or(Ok(SessionName::default()), SessionName::new);
    let session = session.map_err(|error| Failure::usage(error.to_string()))?;
    let origin = match origin.as_deref() {
        None | Some("program") => Origin::Program,
        Some("model") => Origin::Model,
        Some("person") => Origin::Person,
        Some(other) => {
            return Err(Failure::usage(format!("{other:?} asks for nothing: program, model or person does")));
        }
    };
    let surface = office.surfaces.current().await?;
    let found = surface.catalogue.find(&server, &tool)?;
    let principal = Principal(principal.as_deref().unwrap_or("local").into());
    with_policy(&office, |policy| {
        let subject = Subject {
            tool: &found.id,
            hints: &found.hints,
            arguments: arguments.as_deref(),
            principal: &principal,
            session: &session,
            origin,
        };
        Ok(json!(policy.explain(&subject)))
    })
}
