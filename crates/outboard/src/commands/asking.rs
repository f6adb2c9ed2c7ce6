//! Asks whoever sits at the terminal of `run` and `call` about calls that need a person's approval.
//!
//! Without a terminal it only says where the question can be answered.

use crate::output;
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::{Answer, ApprovalScope, DeskEvent, Question};
use std::io::{IsTerminal, stderr, stdin};
use std::sync::Arc;

/// Asks whoever sits at the terminal; none without one.
pub(super) fn yes(question: &str) -> std::io::Result<Option<bool>> {
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        return Ok(None);
    }
    output::talk(&format!("{question} [y]es, [n]o:"));
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(Some(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")))
}

/// Follows the desk until the program ends.
pub(super) fn follow(desk: &ApprovalDesk) {
    let (mut events, desk) = (desk.subscribe(), desk.clone());
    let interactive = stdin().is_terminal() && stderr().is_terminal();
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            let DeskEvent::Opened(question) = event else { continue };
            tell(&question, interactive);
            if interactive {
                ask(&desk, &question).await;
            }
        }
    });
}

fn tell(question: &Question, interactive: bool) {
    let record = &question.record;
    output::talk(&format!("{}.{} needs approval: {}", record.server, record.tool, record.rule));
    record.reason.iter().for_each(|reason| output::talk(reason));
    if interactive {
        output::talk(&format!("arguments:\n{}\nallow? [y]es, yes for this [r]un, [n]o:", record.arguments));
    } else {
        output::talk(&format!("answer with: outboard approvals approve {0} | outboard approvals deny {0}", record.id));
    }
}

async fn ask(desk: &ApprovalDesk, question: &Arc<Question>) {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        stdin().read_line(&mut line).map(|_| line)
    });
    let Ok(Ok(line)) = read.await else { return };
    let (approve, scope) = match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => (true, ApprovalScope::Once),
        "r" | "run" => (true, ApprovalScope::Execution),
        _ => (false, ApprovalScope::Once),
    };
    let by = std::env::var("USER").unwrap_or_else(|_| "the person at the terminal".into());
    let answer = Answer { approve, scope, by, channel: "terminal".into(), reason: None };
    if let Err(error) = desk.answer(&question.record.id, answer).await {
        output::talk(&format!("the answer could not be taken: {error}"));
    }
}
