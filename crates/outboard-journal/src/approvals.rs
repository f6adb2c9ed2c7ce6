//! Questions to people, and their answers: written by the one process, answered by any.

use crate::command::{Applied, Command, Context, Fault};
use crate::durable::words;
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{digest, id, int, understood};
use crate::seal::Sealed;
use crate::write::int as sql;
use outboard_types::{Digest, ExecutionId, Principal, SessionName};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

words! {
    /// Where a question is in its life.
    ApprovalStatus {
        /// Nobody has answered.
        Pending = "pending",
        /// Somebody said yes.
        Approved = "approved",
        /// Somebody said no.
        Denied = "denied",
        /// Nobody answered in time.
        Expired = "expired",
        /// The call is no longer wanted.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// How far a yes reaches.
    ApprovalScope {
        /// This call.
        Once = "once",
        /// Such calls of this execution.
        Execution = "execution",
        /// Such calls of this session.
        Session = "session",
        /// Such calls from now on.
        Always = "always",
    }
}

/// A question, and its answer once there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRecord {
    /// Its id.
    pub id: String,
    /// The execution whose call it is.
    pub execution: ExecutionId,
    /// The number of the call.
    pub call: u64,
    /// On whose authority.
    pub principal: Principal,
    /// In which session.
    pub session: SessionName,
    /// The server's name.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
    /// The arguments as JSON text, fit to be shown.
    pub arguments: String,
    /// The digest of the arguments that an answer is good for.
    pub arguments_digest: Digest,
    /// The policy that asked.
    pub policy_version: Digest,
    /// The rule that asked.
    pub rule: String,
    /// Why it asked.
    pub reason: Option<String>,
    /// When it was asked, in milliseconds since 1970.
    pub created_ms: u64,
    /// From when on no answer counts.
    pub expires_ms: u64,
    /// Where it is.
    pub status: ApprovalStatus,
    /// How far a yes reaches.
    pub scope: Option<ApprovalScope>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// By which way: command line, console, client.
    pub channel: Option<String>,
    /// What the person said about it.
    pub answer_reason: Option<String>,
    /// When it was answered.
    pub answered_ms: Option<u64>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Any but pending.
    pub status: ApprovalStatus,
    /// How far a yes reaches.
    pub scope: Option<ApprovalScope>,
    /// Who answers.
    pub by: String,
    /// By which way.
    pub channel: String,
    /// What there is to say about it.
    pub reason: Option<String>,
    /// Now, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What came of an answer; only the first one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// This was the answer.
    First(ApprovalRecord),
    /// Somebody had answered before.
    Already(ApprovalRecord),
    /// It came too late.
    Expired(ApprovalRecord),
    /// There is no such question.
    Unknown,
}

/// Which questions to show; all by default.
#[derive(Debug, Clone, Default)]
pub struct ApprovalFilter {
    /// Only of this status.
    pub status: Option<ApprovalStatus>,
    /// Only of this principal.
    pub principal: Option<Principal>,
    /// Only of this execution.
    pub execution: Option<ExecutionId>,
    /// At most so many; the newest.
    pub limit: Option<usize>,
}

impl Journal {
    /// Records a question; it is on the disk when this resolves.
    pub async fn open_approval(&self, record: ApprovalRecord) -> Result<(), JournalError> {
        let job = move |context: &Context<'_>| Ok(insert(context, &record).map(|()| Applied::Done)?);
        self.ask(Command::Job("an approval", Box::new(job))).await.map(drop)
    }

    /// Answers a question; of several answers, from whatever process, the first one counts.
    pub async fn answer_approval(&self, id: &str, answer: Answer) -> Result<Answered, JournalError> {
        let id = id.to_owned();
        let job = move |context: &Context<'_>| Ok(Applied::Answered(Box::new(settle(context, &id, &answer)?)));
        match self.ask(Command::Job("an answer", Box::new(job))).await? {
            Applied::Answered(answered) => Ok(*answered),
            _ => Err(JournalError::Stopped),
        }
    }

    /// The questions that fit a filter, newest first.
    pub fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<ApprovalRecord>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT * FROM approvals WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR principal = ?2)
                     AND (?3 IS NULL OR execution = ?3) ORDER BY created_ms DESC, id DESC LIMIT ?4",
            )?;
            let limit = filter.limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
            let values = params![
                filter.status.map(ApprovalStatus::as_str),
                filter.principal.as_ref().map(|principal| &*principal.0),
                filter.execution.as_ref().map(ExecutionId::as_str),
                limit,
            ];
            statement.query_and_then(values, |row| record(row, self.sealed()))?.collect()
        })
    }

    /// One question.
    pub fn approval(&self, id: &str) -> Result<Option<ApprovalRecord>, JournalError> {
        self.read(|connection| find(connection, self.sealed(), id))
    }
}

fn settle(context: &Context<'_>, id: &str, answer: &Answer) -> Result<Answered, Fault> {
    let refused = |reason: &str| Fault::Refused(reason.to_owned());
    if answer.status == ApprovalStatus::Pending {
        return Err(refused("\"pending\" is no answer"));
    }
    let found = find(context.connection, context.sealed, id).map_err(|error| refused(&error.to_string()))?;
    let Some(mut record) = found else { return Ok(Answered::Unknown) };
    if record.status != ApprovalStatus::Pending {
        return Ok(Answered::Already(record));
    }
    let late = answer.at_ms >= record.expires_ms && answer.status != ApprovalStatus::Withdrawn;
    record.status = if late { ApprovalStatus::Expired } else { answer.status };
    record.answered_ms = Some(answer.at_ms);
    if !late {
        record.scope = answer.scope;
        record.answered_by = Some(answer.by.clone());
        record.channel = Some(answer.channel.clone());
        record.answer_reason.clone_from(&answer.reason);
    }
    update(context.connection, &record)?;
    let too_late = late && answer.status != ApprovalStatus::Expired;
    Ok(if too_late { Answered::Expired(record) } else { Answered::First(record) })
}

fn find(connection: &Connection, sealed: &Sealed, id: &str) -> Result<Option<ApprovalRecord>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT * FROM approvals WHERE id = ?1")?;
    statement.query_row([id], |row| Ok(record(row, sealed))).optional()?.transpose()
}

fn update(connection: &Connection, record: &ApprovalRecord) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE approvals SET status = ?2, scope = ?3, answered_by = ?4, channel = ?5, answer_reason = ?6,
             answered_ms = ?7
         WHERE id = ?1 AND status = 'pending'",
    )?;
    statement.execute(params![
        record.id,
        record.status.as_str(),
        record.scope.map(ApprovalScope::as_str),
        record.answered_by,
        record.channel,
        record.answer_reason,
        record.answered_ms.map(sql),
    ])?;
    Ok(())
}

pub(crate) fn insert(context: &Context<'_>, record: &ApprovalRecord) -> rusqlite::Result<()> {
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO approvals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
             ?18, ?19, ?20)",
    )?;
    statement.execute(params![
        record.id,
        record.execution.as_str(),
        sql(record.call),
        &*record.principal.0,
        record.session.as_str(),
        record.server,
        record.tool,
        context.sealed.seal(&record.arguments),
        record.arguments_digest.to_string(),
        record.policy_version.to_string(),
        record.rule,
        record.reason,
        sql(record.created_ms),
        sql(record.expires_ms),
        record.status.as_str(),
        record.scope.map(ApprovalScope::as_str),
        record.answered_by,
        record.channel,
        record.answer_reason,
        record.answered_ms.map(sql),
    ])?;
    Ok(())
}

fn record(row: &Row<'_>, sealed: &Sealed) -> Result<ApprovalRecord, JournalError> {
    let scope = row.get::<_, Option<String>>(15)?.map(|text| understood("a scope", text, ApprovalScope::parse));
    Ok(ApprovalRecord {
        id: row.get(0)?,
        execution: id(row, 1)?,
        call: int(row, 2)?,
        principal: Principal(row.get::<_, String>(3)?.into()),
        session: understood("a session name", row.get(4)?, |name| SessionName::new(name).ok())?,
        server: row.get(5)?,
        tool: row.get(6)?,
        arguments: sealed.open(row.get(7)?)?,
        arguments_digest: digest(row, 8)?,
        policy_version: digest(row, 9)?,
        rule: row.get(10)?,
        reason: row.get(11)?,
        created_ms: int(row, 12)?,
        expires_ms: int(row, 13)?,
        status: understood("a status", row.get(14)?, ApprovalStatus::parse)?,
        scope: scope.transpose()?,
        answered_by: row.get(16)?,
        channel: row.get(17)?,
        answer_reason: row.get(18)?,
        answered_ms: row.get::<_, Option<i64>>(19)?.map(i64::cast_unsigned),
    })
}
