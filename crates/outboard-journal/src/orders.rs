//! What people ask of an execution; the process that runs it finds it here.

use crate::command::{Applied, Command, Context};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{id, int, understood};
use crate::seal::Sealed;
use crate::write;
use outboard_types::{ExecutionId, Principal};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

/// Most orders that are read at once.
const PAGE: u32 = 1_000;

/// What is asked of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// To end.
    Cancel,
    /// To go on from a call that is in doubt.
    Resolve {
        /// The number of the call.
        call: u64,
        /// What a person found out about it.
        verdict: Verdict,
    },
}

/// What became of a call that was in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was done, and this is its answer: JSON text.
    Done(String),
    /// It was not done: make it.
    NotDone,
    /// Nobody can tell; the program gets the error `in_doubt`.
    Unknown,
}

/// An order in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    /// Its number; later ones are larger.
    pub id: u64,
    /// Of which execution.
    pub execution: ExecutionId,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// By whom.
    pub by: Principal,
    /// What.
    pub order: Order,
}

impl Journal {
    /// Records an order; it is on the disk when this resolves.
    pub async fn order(
        &self,
        execution: &ExecutionId,
        by: &Principal,
        at_ms: u64,
        order: &Order,
    ) -> Result<(), JournalError> {
        let what = serde_json::to_string(order).map_err(|error| JournalError::Refused { reason: error.to_string() })?;
        let (execution, by) = (execution.clone(), by.clone());
        let job = move |context: &Context<'_>| {
            let text = "INSERT INTO orders (execution, at_ms, principal, what) VALUES (?1, ?2, ?3, ?4)";
            let mut statement = context.connection.prepare_cached(text)?;
            let what = context.sealed.seal(&what);
            statement.execute(params![execution.as_str(), write::int(at_ms), &*by.0, what])?;
            Ok(Applied::Done)
        };
        self.ask(Command::Job("an order", Box::new(job))).await.map(drop)
    }

    /// Orders after one, oldest first, at most 1,000; of one execution or of all.
    pub fn orders(&self, execution: Option<&ExecutionId>, after: u64) -> Result<Vec<OrderRecord>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, execution, at_ms, principal, what FROM orders
                 WHERE id > ?1 AND (?2 IS NULL OR execution = ?2) ORDER BY id LIMIT ?3",
            )?;
            let execution = execution.map(ExecutionId::as_str);
            let given = params![write::int(after), execution, PAGE];
            statement.query_and_then(given, |row| record(row, self.sealed()))?.collect()
        })
    }

    /// The newest order's id; 0 where there is none.
    pub fn last_order(&self) -> Result<u64, JournalError> {
        self.read(|connection| {
            let last = connection.query_row("SELECT ifnull(max(id), 0) FROM orders", [], |row| row.get::<_, i64>(0))?;
            Ok(last.cast_unsigned())
        })
    }

    /// What a person said about a call that was in doubt; the latest counts.
    pub fn verdict(&self, execution: &ExecutionId, number: u64) -> Result<Option<Verdict>, JournalError> {
        let found = self.orders(Some(execution), 0)?.into_iter().rev().find_map(|record| match record.order {
            Order::Resolve { call, verdict } if call == number => Some(verdict),
            _ => None,
        });
        Ok(found)
    }
}

fn record(row: &Row<'_>, sealed: &Sealed) -> Result<OrderRecord, JournalError> {
    Ok(OrderRecord {
        id: int(row, 0)?,
        execution: id(row, 1)?,
        at_ms: int(row, 2)?,
        by: Principal(row.get::<_, String>(3)?.into()),
        order: understood("an order", sealed.open(row.get(4)?)?, |text| serde_json::from_str(text).ok())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_come_back_in_their_order() {
        let journal = crate::memory().unwrap();
        let (one, two) = (ExecutionId("ex_1".into()), ExecutionId("ex_2".into()));
        let by = Principal("local".into());
        let resolve = |verdict| Order::Resolve { call: 3, verdict };
        for (execution, order) in [
            (&one, resolve(Verdict::NotDone)),
            (&two, Order::Cancel),
            (&one, resolve(Verdict::Done("{\"ok\":true}".into()))),
        ] {
            futures::executor::block_on(journal.order(execution, &by, 7, &order)).unwrap();
        }
        let all = journal.orders(None, 0).unwrap();
        assert_eq!(all.iter().map(|record| record.execution.as_str()).collect::<Vec<_>>(), ["ex_1", "ex_2", "ex_1"]);
        assert_eq!(journal.last_order().unwrap(), all[2].id);
        assert_eq!(journal.orders(None, all[1].id).unwrap().len(), 1);
        assert_eq!(journal.orders(Some(&two), 0).unwrap()[0].order, Order::Cancel);
        assert_eq!(journal.verdict(&one, 3).unwrap(), Some(Verdict::Done("{\"ok\":true}".into())));
        assert_eq!(journal.verdict(&one, 4).unwrap(), None);
    }
}
