//! Skills that settings expose, as tools and prompts of our own.

use super::calls::Again;
use super::news::Notice;
use super::service::Service;
use crate::rpc::RpcError;
use outboard_border::{Notes, Place};
use outboard_execution::{EXPOSED, ExposedSkill};
use outboard_types::{Principal, SessionName};
use serde_json::{Value, json};
use std::sync::Weak;
use std::time::Duration;

/// How often their folders are looked at: other processes change skills too, and folders may be on a network.
const LOOK: Duration = Duration::from_secs(1);

/// Their definitions as tools.
pub(super) async fn tools(service: &Service) -> Vec<Value> {
    let skills = service.executions.exposed_skills().await;
    skills.iter().filter_map(|skill| Some(definition(skill, skill.schema.as_ref()?))).collect()
}

fn definition(skill: &ExposedSkill, schema: &Value) -> Value {
    json!({"name": skill.name, "description": skill.description, "inputSchema": schema})
}

/// Those with instructions, as prompts.
pub(super) async fn prompts(service: &Service) -> Vec<Value> {
    let skills = service.executions.exposed_skills().await;
    let told = skills.iter().filter(|skill| !skill.manual.is_empty());
    told.map(|skill| json!({"name": skill.name, "description": skill.description})).collect()
}

/// Tells clients when a list of skills is another, for as long as the service lives.
pub(super) async fn follow(service: Weak<Service>) {
    let mut before = None;
    while let Some(service) = service.upgrade() {
        if let Some(now) = service.executions.exposed_state().await {
            let change = before.as_ref().map(|before| now.since(before)).unwrap_or_default();
            if change.tools || change.prompts {
                // Told only when a client that asks at once gets the new list: what is new is read by a worker before.
                service.executions.exposed_skills().await;
            }
            for (_, notice) in
                [(change.tools, Notice::Tools), (change.prompts, Notice::Prompts)].into_iter().filter(|one| one.0)
            {
                let _ = service.news.send(notice);
            }
            before = Some(now);
        }
        drop(service);
        tokio::time::sleep(LOOK).await;
    }
}

/// The skill that a name means, if it means one.
pub(super) async fn named(service: &Service, name: &str) -> Option<ExposedSkill> {
    if !name.starts_with(EXPOSED) {
        return None;
    }
    service.executions.exposed_skill(name).await
}

/// The text of one as a prompt; none where a name means no skill with instructions.
pub(super) async fn prompt(
    service: &Service,
    name: &str,
    again: &Again,
    principal: &Principal,
) -> Option<Result<Value, RpcError>> {
    let skill = named(service, name).await.filter(|skill| !skill.manual.is_empty())?;
    if !again.is_first() {
        return Some(Err(RpcError::new(RpcError::INVALID_PARAMS, "prompts/get: nothing was asked for this prompt")));
    }
    let mut text = skill.manual;
    if let Some(border) = &service.executions.deps().border {
        let place = Place { principal: principal.clone(), session: SessionName::default() };
        text = border.text(&place, &text, "prompt", &mut Notes::default());
    }
    let message = json!({"role": "user", "content": {"type": "text", "text": text}});
    Some(Ok(json!({"description": skill.description, "messages": [message]})))
}
