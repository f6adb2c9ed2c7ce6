//! Skills that settings expose, as tools and prompts of our own.

use super::calls::Again;
use super::service::Service;
use crate::rpc::RpcError;
use outboard_border::{Notes, Place};
use outboard_execution::{EXPOSED, ExposedSkill};
use outboard_types::{Principal, SessionName};
use serde_json::{Value, json};

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
