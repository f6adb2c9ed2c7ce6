//! How things went over time: figures in equal spans, and by server.

use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::int;
use crate::write::int as sql;
use rusqlite::{Row, params};
use serde::Serialize;
use std::collections::BTreeMap;

/// What happened in one span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Where it begins, in milliseconds since 1970.
    pub at_ms: u64,
    /// Executions that began in it and are over.
    pub executions: u64,
    /// Those of them that did not succeed.
    pub failed: u64,
    /// Tokens that models read and wrote for them.
    pub model_tokens: u64,
    /// Calls that began in it.
    pub calls: u64,
    /// Those of them that gave an error.
    pub errors: u64,
    /// Bytes of their arguments and answers.
    pub bytes: u64,
    /// The time that half of them stayed below, in microseconds.
    pub p50_us: u64,
    /// The time that 95 of 100 stayed below.
    pub p95_us: u64,
}

/// How calls of one server went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFigures {
    /// The server.
    pub server: String,
    /// Its calls.
    pub calls: u64,
    /// Those that gave an error.
    pub errors: u64,
    /// The time that half of them stayed below, in microseconds.
    pub p50_us: u64,
    /// The time that 95 of 100 stayed below.
    pub p95_us: u64,
    /// When the last one began, in milliseconds since 1970.
    pub last_ms: u64,
}

impl Journal {
    /// What happened since a time, in spans of this many milliseconds; spans in which nothing happened are left out.
    pub fn series(&self, since_ms: u64, span_ms: u64) -> Result<Vec<Span>, JournalError> {
        let (since, span) = (sql(since_ms), sql(span_ms.max(1)));
        let mut spans: BTreeMap<u64, Span> = BTreeMap::new();
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT started_ms / ?2 * ?2, count(*), sum(status <> 'succeeded'),
                     CAST(total(model_in) + total(model_out) AS INTEGER)
                 FROM executions WHERE started_ms >= ?1 AND ended_ms IS NOT NULL GROUP BY 1",
            )?;
            let mut rows = statement.query(params![since, span])?;
            while let Some(row) = rows.next()? {
                let one = spans.entry(int(row, 0)?).or_default();
                (one.executions, one.failed, one.model_tokens) = (int(row, 1)?, int(row, 2)?, int(row, 3)?);
            }
            let mut statement = connection.prepare_cached(
                "SELECT at, count(*), count(error), sum(bytes), min(CASE WHEN rank >= 0.5 THEN duration_us END),
                     min(CASE WHEN rank >= 0.95 THEN duration_us END)
                 FROM (SELECT started_ms / ?2 * ?2 AS at, error, duration_us, arguments_bytes + result_bytes AS bytes,
                         cume_dist() OVER (PARTITION BY started_ms / ?2 ORDER BY duration_us) AS rank
                     FROM calls WHERE started_ms >= ?1) GROUP BY at",
            )?;
            let mut rows = statement.query(params![since, span])?;
            while let Some(row) = rows.next()? {
                let one = spans.entry(int(row, 0)?).or_default();
                (one.calls, one.errors, one.bytes) = (int(row, 1)?, int(row, 2)?, int(row, 3)?);
                (one.p50_us, one.p95_us) = (int(row, 4)?, int(row, 5)?);
            }
            Ok(())
        })?;
        Ok(spans.into_iter().map(|(at_ms, span)| Span { at_ms, ..span }).collect())
    }

    /// How calls of each server went since a time.
    pub fn servers_since(&self, since_ms: u64) -> Result<Vec<ServerFigures>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT server, count(*), count(error), min(CASE WHEN rank >= 0.5 THEN duration_us END),
                     min(CASE WHEN rank >= 0.95 THEN duration_us END), max(started_ms)
                 FROM (SELECT server, error, duration_us, started_ms,
                         cume_dist() OVER (PARTITION BY server ORDER BY duration_us) AS rank
                     FROM calls WHERE started_ms >= ?1) GROUP BY server ORDER BY server",
            )?;
            statement.query_and_then(params![sql(since_ms)], figures)?.collect()
        })
    }
}

fn figures(row: &Row<'_>) -> Result<ServerFigures, JournalError> {
    Ok(ServerFigures {
        server: row.get(0)?,
        calls: int(row, 1)?,
        errors: int(row, 2)?,
        p50_us: int(row, 3)?,
        p95_us: int(row, 4)?,
        last_ms: int(row, 5)?,
    })
}

#[cfg(test)]
mod tests {
    use crate::{CallRecord, CallTrace};
    use outboard_types::{Digest, ErrorCode, ExecutionId};

    #[test]
    fn spans_and_servers_are_counted() {
        let journal = crate::memory().unwrap();
        for number in 0..100_u64 {
            journal.call(CallRecord {
                execution: ExecutionId("ex_1".into()),
                number,
                server: ["a", "b"][number as usize % 2].into(),
                tool: "t".into(),
                arguments_digest: Digest::of("{}"),
                arguments_bytes: 1,
                result_bytes: 2,
                started_ms: 1_000 + number / 50 * 1_000,
                duration_us: number,
                error: (number == 7).then_some(ErrorCode::Timeout),
                decision: "allow".into(),
                trace: CallTrace::default(),
            });
        }
        journal.flush().unwrap();
        let spans = journal.series(0, 1_000).unwrap();
        let told: Vec<_> = spans.iter().map(|span| (span.at_ms, span.calls, span.errors, span.bytes)).collect();
        assert_eq!(told, [(1_000, 50, 1, 150), (2_000, 50, 0, 150)]);
        assert_eq!((spans[0].p50_us, spans[0].p95_us), (24, 47));
        let servers = journal.servers_since(0).unwrap();
        assert_eq!((servers.len(), servers[1].calls, servers[1].errors, servers[1].p50_us), (2, 50, 1, 49));
        assert!(journal.servers_since(9_999).unwrap().is_empty());
    }
}
