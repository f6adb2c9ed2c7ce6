//! What people do in the console, in their name.

use super::{Office, catalogue, reveal};
use crate::commands::{approvals, orders, waiting};
use crate::failure::Failure;
use outboard_console::{Act, Given};
use outboard_gateway::approvals::{Answer, Answered, ApprovalScope};
use outboard_journal::AuditEntry;
use outboard_types::{ErrorCode, ServerName, now_ms};
use serde_json::{Value, json};

pub(super) async fn done(office: Office, what: Act, by: String) -> Result<Value, Failure> {
    let journal = &office.parts.journal;
    match what {
        Act::Answer(given) => answer(&office, given, by).await,
        Act::Cancel { id } => {
            let gone = orders::ask_to_end(journal, &id, &format!(" by {by} in the console")).await?.is_none();
            Ok(json!({"id": id, "over": gone}))
        }
        Act::Resolve { id, call, verdict, answer } => {
            let verdict = orders::verdict_of(&verdict, answer.map(|answer| answer.to_string()))?;
            orders::note_verdict(journal, &id, call, verdict, &format!(", says {by} in the console")).await?;
            Ok(json!({"id": id, "call": call}))
        }
        Act::Reveal { id, part, call, reason } => {
            let wanted = reveal::Wanted { id, part, call, reason };
            let task = tokio::task::spawn_blocking(move || reveal::shown(&office, &wanted, &by));
            task.await.map_err(|_| Failure::new(ErrorCode::Internal, "it could not be shown"))?
        }
        Act::Call { server, tool, arguments } => catalogue::call(office, server, tool, arguments).await,
        Act::Restart { server } => restart(&office, &server, &by).await,
        Act::AnswerSkill { id, approve, reason } => {
            let said = (approve, reason.as_deref());
            let skill = waiting::answered(journal, &office.shelf, &id, said, &format!("{by} (console)"))?;
            Ok(json!({"id": id, "skill": skill.name, "version": skill.version.short()}))
        }
    }
}

async fn answer(office: &Office, given: Given, by: String) -> Result<Value, Failure> {
    let scope = given.scope.as_deref().map_or(Some(ApprovalScope::Once), ApprovalScope::parse);
    let scope = scope.ok_or_else(|| Failure::usage("the scope is none of once, execution, session and always"))?;
    let answer = Answer { approve: given.approve, scope, by, channel: "console".into(), reason: given.reason };
    let (counted, record) = match office.parts.desk.answer(&given.id, answer).await.map_err(approvals::failed)? {
        Answered::First(record) => (true, record),
        Answered::Already(record) | Answered::Expired(record) => (false, record),
        Answered::Unknown => return Err(approvals::unknown(&given.id)),
    };
    Ok(json!({"counted": counted, "record": record}))
}

async fn restart(office: &Office, server: &str, by: &str) -> Result<Value, Failure> {
    let name = ServerName::new(server).map_err(|error| Failure::usage(error.to_string()))?;
    let done = office.upstreams.restart(&name).await;
    office.surfaces.invalidate();
    let outcome = done.as_ref().map_or_else(|error| error.code.to_string(), |()| "ok".to_owned());
    let row = entry(office, "restart", &format!("asked by {by} in the console"));
    noted(office, AuditEntry { server: Some(server.to_owned()), outcome: Some(outcome), ..row })?;
    done.map_err(|mut error| {
        error.message = office.scrubbed(&error.message);
        error
    })?;
    Ok(json!({"id": server}))
}

fn entry(office: &Office, kind: &str, decision: &str) -> AuditEntry {
    AuditEntry::new(now_ms(), office.principal.clone(), kind, decision)
}

fn noted(office: &Office, entry: AuditEntry) -> Result<(), Failure> {
    orders::written(&office.parts.journal, entry)
}
