//! Questions to people, put to the person behind the client.
//!
//! The desk keeps the question and decides which answer counts; this only carries it to the client in the
//! way of its era, and the reply back. A reply counts as a yes only if it picked one: clients exist that
//! accept forms nobody saw.

use super::questions::{Asker, Reply};
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::{Answer, ApprovalScope, DeskEvent, Question};
use outboard_types::{CancellationToken, ExecutionId};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use tokio::sync::broadcast::Receiver;

/// The choices of the form, and the scope of each yes.
const CHOICES: [(&str, Option<ApprovalScope>); 4] = [
    ("approve once", Some(ApprovalScope::Once)),
    ("approve for this run", Some(ApprovalScope::Execution)),
    ("approve for this session", Some(ApprovalScope::Session)),
    ("deny", None),
];

/// The open questions of one execution, oldest first.
pub(super) fn open(desk: &ApprovalDesk, execution: &ExecutionId) -> Vec<Question> {
    let pending = desk.pending().unwrap_or_default();
    pending.into_iter().filter(|question| question.record.execution == *execution).collect()
}

/// Waits until the execution has an open question.
pub(super) async fn opened(desk: &ApprovalDesk, execution: &ExecutionId) {
    let mut events = desk.subscribe();
    while open(desk, execution).is_empty() {
        happened(&mut events).await;
    }
}

async fn happened(events: &mut Receiver<DeskEvent>) {
    // A listener that fell behind looks again as well; a desk that is gone has no more questions.
    if let Err(tokio::sync::broadcast::error::RecvError::Closed) = events.recv().await {
        std::future::pending::<()>().await;
    }
}

/// Puts the questions of an execution to the client, one after the other, as they come. Never ends.
pub(super) async fn ask_all(desk: &ApprovalDesk, execution: &ExecutionId, asker: &Asker) {
    let mut events = desk.subscribe();
    let mut asked = HashSet::new();
    loop {
        match open(desk, execution).into_iter().find(|question| asked.insert(question.record.id.clone())) {
            Some(question) => ask(desk, &question, asker).await,
            None => happened(&mut events).await,
        }
    }
}

/// Asks one question; takes it back when somebody else answers first.
async fn ask(desk: &ApprovalDesk, question: &Question, asker: &Asker) {
    let over = CancellationToken::new();
    let form = form(question);
    let answered_elsewhere = async {
        closed(desk, &question.record.id).await;
        // Makes the asking end by itself, which tells the client.
        over.cancel();
        std::future::pending::<Option<Reply>>().await
    };
    let reply = tokio::select! {
        reply = asker.ask(&form, &over) => reply,
        never = answered_elsewhere => never,
    };
    if let Some(reply) = reply {
        take(desk, &question.record.id, &reply).await;
    }
}

async fn closed(desk: &ApprovalDesk, wanted: &str) {
    let mut events = desk.subscribe();
    loop {
        match events.recv().await {
            Ok(DeskEvent::Closed { id, .. }) if &*id == wanted => return,
            Err(tokio::sync::broadcast::error::RecvError::Closed) => std::future::pending().await,
            _ => {}
        }
    }
}

/// Hands a reply to the desk. A form that was put away is no answer: other channels may still give one.
pub(super) async fn take(desk: &ApprovalDesk, id: &str, reply: &Reply) {
    let Some(answer) = answer(reply) else { return };
    if let Err(error) = desk.answer(id, answer).await {
        tracing::warn!(approval = id, %error, "an answer could not be taken");
    }
}

fn answer(reply: &Reply) -> Option<Answer> {
    let picked = reply.content.get("decision").and_then(Value::as_str);
    let scope = match reply.action.as_str() {
        "accept" => CHOICES.iter().find(|(choice, _)| Some(*choice) == picked)?.1,
        "decline" => None,
        _ => return None,
    };
    let reason = reply.content.get("reason").and_then(Value::as_str).filter(|reason| !reason.trim().is_empty());
    Some(Answer {
        approve: scope.is_some(),
        scope: scope.unwrap_or(ApprovalScope::Once),
        by: "the person at the client".into(),
        channel: "elicitation".into(),
        reason: reason.map(str::to_owned),
    })
}

/// The parameters of `elicitation/create` for a question.
fn form(question: &Question) -> Value {
    let record = &question.record;
    let mut message = format!(
        "A program wants to call {}.{} and needs your approval.\n\nArguments:\n{}\n",
        record.server, record.tool, record.arguments
    );
    if let Some(reason) = &record.reason {
        message.push_str(&format!("\nWhy you are asked: {reason}\n"));
    }
    message.push_str(&format!("Rule: {}\n", record.rule));
    if question.similar > 0 {
        message.push_str(&format!("{} more calls of this tool wait for an answer.\n", question.similar));
    }
    let choices: Vec<&str> = CHOICES.iter().map(|(choice, _)| *choice).collect();
    json!({
        "message": message,
        "requestedSchema": {
            "type": "object",
            "properties": {
                "decision": {"type": "string", "title": "Decision", "enum": choices},
                "reason": {"type": "string", "title": "Reason, for the program"},
            },
            "required": ["decision"],
        },
    })
}

/// The questions as a client of the stateless revision is given them.
pub(super) fn requests(questions: &[Question]) -> Map<String, Value> {
    let request = |question: &Question| {
        (question.record.id.clone(), json!({"method": "elicitation/create", "params": form(question)}))
    };
    questions.iter().map(request).collect()
}

/// What a person without a form can do, for the text of a report.
pub(super) fn advice(questions: &[Question]) -> String {
    let line = |question: &Question| {
        let record = &question.record;
        format!("\nwaits: {} {}.{} ({})", record.id, record.server, record.tool, record.rule)
    };
    let lines: String = questions.iter().take(10).map(line).collect();
    let more = questions.len().saturating_sub(10);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    format!("{lines}{more}\nask the user to answer with `outboard approvals` (list, show ID, approve ID, deny ID)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(action: &str, content: Value) -> Option<Answer> {
        answer(&Reply { action: action.into(), content })
    }

    #[test]
    fn only_a_picked_yes_is_a_yes() {
        let yes = reply("accept", json!({"decision": "approve for this run", "reason": " "})).unwrap();
        assert!(yes.approve && yes.scope == ApprovalScope::Execution && yes.reason.is_none());
        assert!(!reply("accept", json!({"decision": "deny", "reason": "no"})).unwrap().approve);
        assert!(!reply("decline", Value::Null).unwrap().approve);
        for (action, content) in [
            ("accept", json!({})),
            ("accept", Value::Null),
            ("accept", json!({"decision": "yes"})),
            ("cancel", Value::Null),
        ] {
            assert_eq!(reply(action, content), None);
        }
    }
}
