//! Parts of what is recorded, a page at a time: for those who look at journals that have grown large.

use crate::audit::{AuditFilter, AuditRow, newest_rows};
use crate::durable::{EventKind, Intent, Value};
use crate::error::JournalError;
use crate::history::{intent, value};
use crate::journal::Journal;
use crate::read::{call_record, execution_row, id, int, understood};
use crate::records::{CallRecord, ExecutionFilter, ExecutionRow, Status};
use crate::write::int as sql;
use outboard_types::{ExecutionId, Language, Principal, SessionName, ToolError};
use rusqlite::{OptionalExtension, params};

/// Most rows of a page, whatever is asked for.
const PAGE: usize = 2_000;

/// Where a list of executions goes on: behind this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey {
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// Its id.
    pub id: ExecutionId,
}

/// An answer that a program got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAnswer {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The result as JSON text, or the error.
    pub outcome: Result<Value, ToolError>,
}

/// The row of one event, without what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its place among everything delivered to the program.
    pub order: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// `result`, `error`, or a word of [`EventKind`].
    pub kind: String,
    /// The call that it answers.
    pub call: Option<u64>,
    /// The size of what belongs to it.
    pub bytes: u64,
}

fn page(limit: usize) -> i64 {
    limit.min(PAGE) as i64
}

impl Journal {
    /// Executions that fit, newest first, from behind a key on; at most 2,000.
    pub fn executions_before(
        &self,
        filter: &ExecutionFilter,
        language: Option<Language>,
        before: Option<&PageKey>,
        limit: usize,
    ) -> Result<Vec<ExecutionRow>, JournalError> {
        let rows: Vec<ExecutionRow> = self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR session = ?2)
                     AND (?3 IS NULL OR principal = ?3) AND (?4 IS NULL OR language = ?4) AND started_ms >= ?5
                     AND (started_ms, id) < (?6, ?7)
                 ORDER BY started_ms DESC, id DESC LIMIT ?8",
                crate::read::EXECUTION
            ))?;
            let given = params![
                filter.status.map(Status::as_str),
                filter.session.as_ref().map(SessionName::as_str),
                filter.principal.as_ref().map(|principal| &*principal.0),
                language.map(Language::as_str),
                sql(filter.since.unwrap_or(0)),
                before.map_or(i64::MAX, |key| sql(key.started_ms)),
                before.map_or("", |key| key.id.as_str()),
                page(limit),
            ];
            statement.query_and_then(given, execution_row)?.collect()
        })?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }

    /// How many calls of an execution are over.
    pub fn call_count(&self, id: &ExecutionId) -> Result<u64, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT count(*) FROM calls WHERE execution = ?1")?;
            Ok(statement.query_row([id.as_str()], |row| row.get::<_, i64>(0))?.cast_unsigned())
        })
    }

    /// Calls of an execution behind a number; at most 2,000.
    pub fn calls_after(&self, id: &ExecutionId, number: u64, limit: usize) -> Result<Vec<CallRecord>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE execution = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
                crate::read::CALL
            ))?;
            statement.query_and_then(params![id.as_str(), sql(number), page(limit)], call_record)?.collect()
        })
    }

    /// Intents of an execution that have no answer yet; at most 2,000.
    pub fn open_intents(&self, id: &ExecutionId) -> Result<Vec<Intent>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{} WHERE execution = ?1 AND NOT EXISTS (SELECT 1 FROM events e WHERE e.execution = ?1
                     AND e.call = intents.number) ORDER BY number LIMIT ?2",
                crate::history::INTENT
            ))?;
            let found = statement.query_and_then(params![id.as_str(), page(PAGE)], intent)?;
            found.map(|intent| self.sealed().intent(intent?)).collect()
        })
    }

    /// The answer that a program got to one of its calls.
    pub fn answer_of(&self, execution: &ExecutionId, call: u64) -> Result<Option<CallAnswer>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at_ms, kind, body, blob, bytes FROM events WHERE execution = ?1 AND call = ?2",
            )?;
            let mut rows = statement.query(params![execution.as_str(), sql(call)])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let found = value(row, 2)?;
            let found = match found {
                Value::Text(text) => Value::Text(self.sealed().open(text)?),
                blob => blob,
            };
            let outcome = match (row.get::<_, String>(1)?.as_str(), found) {
                ("error", Value::Text(text)) => {
                    Err(understood("an error", text, |text| serde_json::from_str(text).ok())?)
                }
                (_, found) => Ok(found),
            };
            Ok(Some(CallAnswer { at_ms: int(row, 0)?, outcome }))
        })
    }

    /// The latest state that an execution noted about itself: at its end, its report.
    pub fn last_state(&self, execution: &ExecutionId) -> Result<Option<String>, JournalError> {
        let found = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT body, blob, bytes FROM events WHERE execution = ?1 AND kind = ?2 ORDER BY ord DESC LIMIT 1",
            )?;
            let mut rows = statement.query(params![execution.as_str(), EventKind::State.as_str()])?;
            rows.next()?.map(|row| value(row, 0)).transpose()
        })?;
        match found {
            Some(Value::Text(text)) => self.sealed().open(text).map(Some),
            Some(blob) => self.load(&blob).map(Some),
            None => Ok(None),
        }
    }

    /// The rows of an execution's events behind a place in the order; at most 2,000.
    pub fn event_rows(&self, id: &ExecutionId, order: u64, limit: usize) -> Result<Vec<EventRow>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT ord, at_ms, kind, call, bytes FROM events WHERE execution = ?1 AND ord > ?2
                 ORDER BY ord LIMIT ?3",
            )?;
            let given = params![id.as_str(), sql(order), page(limit)];
            let rows = statement.query_and_then(given, |row| {
                Ok::<_, JournalError>(EventRow {
                    order: int(row, 0)?,
                    at_ms: int(row, 1)?,
                    kind: row.get(2)?,
                    call: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
                    bytes: int(row, 4)?,
                })
            })?;
            rows.collect()
        })
    }

    /// The latest call of a tool in a principal's session that was over before a time, with its arguments.
    pub fn call_before(
        &self,
        (server, tool): (&str, &str),
        (principal, session): (&Principal, &SessionName),
        at_ms: u64,
    ) -> Result<Option<Intent>, JournalError> {
        let found = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT c.execution, c.number FROM calls c JOIN executions e ON e.id = c.execution
                 WHERE c.server = ?1 AND c.tool = ?2 AND c.started_ms < ?3 AND e.principal = ?4 AND e.session = ?5
                 ORDER BY c.started_ms DESC LIMIT 1",
            )?;
            let given = params![server, tool, sql(at_ms), &*principal.0, session.as_str()];
            let row = statement.query_row(given, |row| Ok((id(row, 0), row.get::<_, i64>(1)?)));
            row.optional().map_err(JournalError::from)
        })?;
        let Some((execution, number)) = found else { return Ok(None) };
        let number = number.cast_unsigned();
        let intents = self.intents_after(&execution?, number.saturating_sub(1), 1)?;
        Ok(intents.into_iter().find(|intent| intent.number == number))
    }

    /// The audit rows that fit a filter, newest first, from before a place on; at most 2,000.
    pub fn audit_before(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditRow>, JournalError> {
        newest_rows(self, filter, before, page(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::{Completion, Effect};
    use crate::{AuditEntry, CallKey, CallTrace, ExecutionRecord};
    use futures::executor::block_on;
    use outboard_types::{Digest, ErrorCode};

    fn record(at: u64) -> ExecutionRecord {
        ExecutionRecord {
            id: ExecutionId(format!("ex_{at:03}").into()),
            started_ms: at / 2,
            principal: Principal("local".into()),
            session: SessionName::default(),
            language: if at.is_multiple_of(3) { Language::Python } else { Language::TypeScript },
            code: format!("// {at}"),
            input: None,
            generation: 1,
            surface: Digest::of("s"),
            isolation: "none".into(),
        }
    }

    fn keys(rows: &[ExecutionRow]) -> Vec<&str> {
        rows.iter().map(|row| row.record.id.as_str()).collect()
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_double() {
        let journal = crate::memory().unwrap();
        (0..50).for_each(|at| journal.begin(record(at)));
        journal.flush().unwrap();
        let (filter, mut seen, mut key) = (ExecutionFilter::default(), Vec::new(), None);
        loop {
            let rows = journal.executions_before(&filter, None, key.as_ref(), 7).unwrap();
            let Some(last) = rows.last() else { break };
            key = Some(PageKey { started_ms: last.record.started_ms, id: last.record.id.clone() });
            seen.extend(keys(&rows).into_iter().map(str::to_owned));
        }
        let all = journal.executions(100).unwrap();
        assert_eq!(seen, keys(&all));
        let python = journal.executions_before(&filter, Some(Language::Python), None, 100).unwrap();
        assert_eq!((python.len(), &*python[0].record.code), (17, "// 48"));
    }

    #[test]
    fn calls_answers_and_what_is_open_are_found_by_number() {
        let journal = crate::memory().unwrap();
        let execution = record(1).id;
        journal.begin(record(1));
        for number in 1..=3 {
            let key = CallKey {
                branch: String::new(),
                server: "crm".into(),
                tool: "get".into(),
                arguments: Digest::of("{}"),
                occurrence: number as u32,
            };
            let arguments = Value::from(format!("{{\"n\":{number}}}"));
            let effect = Effect::Effectful;
            let intent = Intent { execution: execution.clone(), number, at_ms: 5, key, arguments, effect };
            block_on(journal.intent(intent)).unwrap();
        }
        let answered =
            |number, outcome| Completion { execution: execution.clone(), number, order: number, at_ms: 9, outcome };
        block_on(journal.completion(answered(1, Ok("[1]".into())))).unwrap();
        block_on(journal.completion(answered(2, Err(ToolError::new(ErrorCode::Denied, "no"))))).unwrap();
        journal.call(CallRecord {
            execution: execution.clone(),
            number: 1,
            server: "crm".into(),
            tool: "get".into(),
            arguments_digest: Digest::of("{}"),
            arguments_bytes: 2,
            result_bytes: 3,
            started_ms: 5,
            duration_us: 10,
            error: None,
            decision: "allow".into(),
            trace: CallTrace::default(),
        });
        journal.flush().unwrap();
        assert_eq!(journal.answer_of(&execution, 1).unwrap().unwrap().outcome, Ok("[1]".into()));
        assert!(journal.answer_of(&execution, 2).unwrap().unwrap().outcome.is_err());
        assert_eq!(journal.answer_of(&execution, 3).unwrap(), None);
        let open: Vec<_> = journal.open_intents(&execution).unwrap().iter().map(|intent| intent.number).collect();
        assert_eq!((open, journal.call_count(&execution).unwrap()), (vec![3], 1));
        assert_eq!(journal.calls_after(&execution, 0, 10).unwrap().len(), 1);
        assert!(journal.calls_after(&execution, 1, 10).unwrap().is_empty());
        let kinds: Vec<_> = journal.event_rows(&execution, 0, 10).unwrap().into_iter().map(|row| row.kind).collect();
        assert_eq!(kinds, ["result", "error"]);
        let (principal, session) = (Principal("local".into()), SessionName::default());
        let before = |at| journal.call_before(("crm", "get"), (&principal, &session), at).unwrap();
        assert_eq!(before(6).unwrap().arguments, Value::from("{\"n\":1}"));
        assert!(before(5).is_none());
    }

    #[test]
    fn the_audit_log_is_read_backwards() {
        let journal = crate::memory().unwrap();
        for at in 0..5 {
            journal.audit(AuditEntry::new(at, Principal("local".into()), "reveal", "shown"));
        }
        journal.flush().unwrap();
        let seqs = |before| -> Vec<u64> {
            let rows = journal.audit_before(&AuditFilter::default(), before, 2).unwrap();
            rows.iter().map(|row| row.seq).collect()
        };
        assert_eq!((seqs(None), seqs(Some(4)), seqs(Some(1))), (vec![5, 4], vec![3, 2], vec![]));
    }
}
