//! `outboard approvals`: calls and skills that wait for a person, answered from any terminal.

use super::waiting::{self, is_skill};
use crate::cli::{self, ApprovalAction, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_execution::Shelf;
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::{Answer, Answered, ApprovalRecord, ApprovalScope, Question};
use outboard_skills::Waiting;
use outboard_types::{ErrorCode, now_ms};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::time::Duration;

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_millis(300);

pub(super) async fn run(cli: &Cli, args: &cli::Approvals) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let journal = compose::journal(&settings)?;
    let desk = compose::desk(&settings, &journal, None);
    let shelf = compose::shelf(&settings)?;
    match args.action.as_ref().unwrap_or(&ApprovalAction::List) {
        ApprovalAction::List if args.watch => watch(&desk, &shelf, args.json).await,
        ApprovalAction::List => list(&desk, &shelf, args.json),
        ApprovalAction::Show { id } if is_skill(id) => waiting::show(&shelf, id, args.json),
        ApprovalAction::Approve { id, .. } if is_skill(id) => {
            waiting::answer(&journal, &shelf, id, (true, None), args.json)
        }
        ApprovalAction::Deny { id, reason } if is_skill(id) => {
            waiting::answer(&journal, &shelf, id, (false, reason.as_deref()), args.json)
        }
        ApprovalAction::Show { id } => show(&find(&desk, id)?, args.json),
        ApprovalAction::Approve { id, scope } => answer(&desk, id, yes(scope), args.json).await,
        ApprovalAction::Deny { id, reason } => answer(&desk, id, no(reason.clone()), args.json).await,
    }
}

pub(super) fn by() -> String {
    std::env::var("USER").ok().filter(|user| !user.is_empty()).unwrap_or_else(|| "somebody at a terminal".into())
}

pub(super) fn yes(scope: &str) -> Answer {
    let scope = ApprovalScope::parse(scope).unwrap_or(ApprovalScope::Once);
    Answer { approve: true, scope, by: by(), channel: "cli".into(), reason: None }
}

pub(super) fn no(reason: Option<String>) -> Answer {
    Answer { approve: false, scope: ApprovalScope::Once, by: by(), channel: "cli".into(), reason }
}

pub(crate) fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(ErrorCode::Internal, error.to_string())
}

pub(crate) fn unknown(id: &str) -> Failure {
    Failure::new(ErrorCode::UnknownExecution, format!("no approval {id:?} is known"))
        .hint("`outboard approvals` lists the open ones")
}

pub(crate) fn find(desk: &ApprovalDesk, id: &str) -> Result<Question, Failure> {
    desk.get(id).map_err(failed)?.ok_or_else(|| unknown(id))
}

pub(crate) fn as_json(question: &Question) -> Value {
    let mut record = json!(question.record);
    record["similar"] = json!(question.similar);
    record["kind"] = json!("call");
    record
}

/// Records as JSON.
pub(crate) fn records(records: Vec<ApprovalRecord>) -> Vec<Value> {
    records.iter().map(|record| json!(record)).collect()
}

fn list(desk: &ApprovalDesk, shelf: &Shelf, json: bool) -> Result<ExitCode, Failure> {
    let (open, skills) = (desk.pending().map_err(failed)?, waiting::all(shelf)?);
    if json {
        let skills = skills.iter().map(|one| waiting::as_json(shelf, one));
        output::json(&open.iter().map(as_json).chain(skills).collect::<Vec<_>>());
    } else if open.is_empty() && skills.is_empty() {
        output::talk("no call and no skill waits for approval");
    } else {
        output::data(&table(&open, &skills));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(open: &[Question], skills: &[Waiting]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["ID", "WHAT", "RULE", "EXECUTION", "EXPIRES IN"]);
    for Question { record, .. } in open {
        let left = Duration::from_millis(record.expires_ms.saturating_sub(now_ms())).as_secs();
        let call = format!("{}.{}", record.server, record.tool);
        table.add_row([&record.id, &call, &record.rule, record.execution.as_str(), &format!("{left} s")]);
    }
    for one in skills {
        table.add_row(waiting::row(one));
    }
    table.trim_fmt()
}

fn show(question: &Question, json: bool) -> Result<ExitCode, Failure> {
    if json {
        output::json(&as_json(question));
        return Ok(ExitCode::SUCCESS);
    }
    let record = &question.record;
    output::data(&format!("{}: {}.{} ({})", record.id, record.server, record.tool, record.status.as_str()));
    output::data(&format!(
        "execution {}, call {}, session {}, principal {}",
        record.execution, record.call, record.session, record.principal.0
    ));
    output::data(&format!("rule: {}", record.rule));
    record.reason.iter().for_each(|reason| output::data(&format!("why: {reason}")));
    output::data(&format!("arguments:\n{}", record.arguments));
    if question.similar > 0 {
        output::data(&format!("{} more calls of this tool wait", question.similar));
    }
    if let (Some(by), Some(channel)) = (&record.answered_by, &record.channel) {
        output::data(&format!(
            "answered by {by} ({channel}): {}",
            record.answer_reason.as_deref().unwrap_or("no reason given")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn answer(desk: &ApprovalDesk, id: &str, answer: Answer, json: bool) -> Result<ExitCode, Failure> {
    let (record, counted, told) = match desk.answer(id, answer).await.map_err(failed)? {
        Answered::First(record) => (record, true, "answered"),
        Answered::Already(record) => (record, false, "somebody else answered before, or the call no longer waits"),
        Answered::Expired(record) => (record, false, "it came too late: the question had expired"),
        Answered::Unknown => return Err(unknown(id)),
    };
    if json {
        output::json(&record);
    } else {
        output::data(&format!("{told}: {}", line(&record)));
    }
    Ok(if counted { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn line(record: &ApprovalRecord) -> String {
    format!("{} {} {}.{}", record.id, record.status.as_str(), record.server, record.tool)
}

/// Shows questions as they come and how they end, until interrupted.
async fn watch(desk: &ApprovalDesk, shelf: &Shelf, json: bool) -> Result<ExitCode, Failure> {
    let (mut open, mut skills): (HashMap<String, Question>, HashSet<String>) = Default::default();
    loop {
        let waits = waiting::all(shelf)?;
        for one in waits.iter().filter(|one| !skills.contains(&one.id)) {
            match json {
                true => output::json(&waiting::as_json(shelf, one)),
                false => output::data(&waiting::line(one)),
            }
        }
        skills = waits.into_iter().map(|one| one.id).collect();
        let now: HashMap<_, _> = desk
            .pending()
            .map_err(failed)?
            .into_iter()
            .map(|question| (question.record.id.clone(), question))
            .collect();
        let ended: Vec<String> = open.keys().filter(|id| !now.contains_key(*id)).cloned().collect();
        for question in now.values().filter(|question| !open.contains_key(&question.record.id)) {
            tell(question, json);
        }
        for id in ended {
            find(desk, &id).iter().for_each(|question| tell(question, json));
        }
        open = now;
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn tell(question: &Question, json: bool) {
    match json {
        true => output::json(&as_json(question)),
        false => output::data(&line(&question.record)),
    }
}
