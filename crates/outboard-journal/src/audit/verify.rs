//! Follows the chain from its beginning to its signed head.

use super::chain::{genesis, hash};
use super::rows::{AuditRow, COLUMNS, row};
use super::signer::{Head, key, public};
use crate::error::JournalError;
use crate::journal::Journal;
use ed25519_dalek::VerifyingKey;
use outboard_types::Digest;
use rusqlite::Connection;
use serde::Serialize;

/// What a check of the audit log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// How many rows were followed without fault.
    pub rows: u64,
    /// The last of them, 0 for none.
    pub last_seq: u64,
    /// Up to which row older ones were removed by retention, with a signed checkpoint.
    pub pruned_to: u64,
    /// The row that the signed head names; later ones are chained but not yet signed for.
    pub sealed_to: Option<u64>,
    /// The first fault.
    pub fault: Option<AuditFault>,
}

impl Verification {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
}

/// Where the log is not as it was written, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditFault {
    /// The first row concerned.
    pub seq: u64,
    /// What kind of change it is.
    pub kind: Tampering,
    /// What was seen.
    pub detail: String,
}

/// Kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tampering {
    /// The row's content does not fit its hash.
    Edited,
    /// Rows are missing before another.
    Missing,
    /// The row does not follow the one before it.
    Unlinked,
    /// Rows that the signed head covers are missing at the end.
    Truncated,
    /// The chain is whole, but not the one that was signed.
    Rewritten,
    /// The head is missing, unreadable or signed by another key.
    Unsigned,
}

impl Journal {
    /// Checks the audit log with the public key that lies beside the database.
    pub fn verify_audit(&self) -> Result<Verification, JournalError> {
        self.verify(public(self.folder()))
    }

    /// Checks the audit log with a public key that was kept elsewhere, as 64 hexadecimal digits.
    pub fn verify_audit_with(&self, public_key: &str) -> Result<Verification, JournalError> {
        self.verify(key(public_key))
    }

    fn verify(&self, key: Option<VerifyingKey>) -> Result<Verification, JournalError> {
        // Read before the rows: a head that is written meanwhile may be ahead of the rows that we see.
        let head = Head::read(self.folder());
        self.read(|connection| {
            let view = connection.unchecked_transaction()?;
            let mut walk = Walk::begin(&view, key)?;
            walk.follow(&view, head.as_ref().ok().and_then(Option::as_ref))?;
            if !self.is_in_memory() {
                walk.compare(head);
            }
            Ok(walk.found)
        })
    }
}

struct Walk {
    found: Verification,
    prev: Digest,
    key: Option<VerifyingKey>,
    /// The hash of the row that the head names, once it was met.
    at_head: Option<Digest>,
}

impl Walk {
    /// Stands before the first row, or behind what a signed checkpoint says was removed.
    fn begin(connection: &Connection, key: Option<VerifyingKey>) -> Result<Self, JournalError> {
        let found = Verification { rows: 0, last_seq: 0, pruned_to: 0, sealed_to: None, fault: None };
        let mut walk = Self { found, prev: genesis(), key, at_head: None };
        let newest = "SELECT seq, hash, at_ms, signature FROM audit_checkpoints ORDER BY seq DESC LIMIT 1";
        let mut statement = connection.prepare_cached(newest)?;
        let mut rows = statement.query([])?;
        if let Some(row) = rows.next()? {
            let (seq, at_ms) = (crate::read::int(row, 0)?, crate::read::int(row, 2)?);
            let point = Head { seq, hash: crate::read::digest(row, 1)?, at_ms, signature: row.get(3)? };
            if !walk.key.is_some_and(|key| point.is_signed("checkpoint", &key)) {
                walk.fault(seq, Tampering::Unsigned, "the checkpoint of removed rows is not signed by this key");
            }
            (walk.prev, walk.found.pruned_to, walk.found.last_seq) = (point.hash, seq, seq);
        }
        Ok(walk)
    }

    fn follow(&mut self, connection: &Connection, head: Option<&Head>) -> Result<(), JournalError> {
        let head = head.map(|head| head.seq);
        self.note(head);
        let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"))?;
        let mut rows = statement.query([])?;
        while let Some(next) = rows.next()?.filter(|_| self.found.fault.is_none()) {
            let seq = crate::read::int(next, 0)?;
            match row(next) {
                Ok(next) => self.step(&next),
                Err(error) => self.fault(seq, Tampering::Edited, &error.to_string()),
            }
            self.note(head);
        }
        Ok(())
    }

    fn note(&mut self, head: Option<u64>) {
        if self.found.fault.is_none() && head == Some(self.found.last_seq) {
            self.at_head = Some(self.prev);
        }
    }

    fn step(&mut self, row: &AuditRow) {
        let expected = self.found.last_seq + 1;
        if row.seq > expected {
            self.fault(expected, Tampering::Missing, &format!("row {} follows instead", row.seq));
        } else if row.seq < expected {
            self.fault(row.seq, Tampering::Unlinked, "it stands where rows were removed");
        } else if hash(row.seq, &row.entry, &row.prev) != row.hash {
            self.fault(row.seq, Tampering::Edited, "its content does not fit its hash");
        } else if row.prev != self.prev {
            self.fault(row.seq, Tampering::Unlinked, "it does not follow the row before it");
        } else {
            (self.prev, self.found.last_seq, self.found.rows) = (row.hash, row.seq, self.found.rows + 1);
        }
    }

    /// Compares with the signed head.
    fn compare(&mut self, head: std::io::Result<Option<Head>>) {
        let last = self.found.last_seq;
        match head {
            Err(error) => self.fault(last, Tampering::Unsigned, &format!("audit.head cannot be read: {error}")),
            Ok(None) if last > 0 => self.fault(last, Tampering::Unsigned, "audit.head is missing"),
            Ok(None) => {}
            Ok(Some(head)) if !self.key.is_some_and(|key| head.is_signed("head", &key)) => {
                self.fault(head.seq, Tampering::Unsigned, "audit.head is not signed by this key");
            }
            Ok(Some(head)) => self.reaches(&head),
        }
    }

    fn reaches(&mut self, head: &Head) {
        self.found.sealed_to = Some(head.seq);
        let last = self.found.last_seq;
        if self.found.fault.is_some() || head.seq < self.found.pruned_to {
            return;
        }
        if head.seq > last {
            self.fault(last + 1, Tampering::Truncated, &format!("rows up to {} were signed for", head.seq));
        } else if self.at_head != Some(head.hash) {
            self.fault(head.seq, Tampering::Rewritten, "this row or one before it is not the one that was signed");
        }
    }

    /// Only the first fault is kept: what follows it may be its consequence.
    fn fault(&mut self, seq: u64, kind: Tampering, detail: &str) {
        let fault = || AuditFault { seq, kind, detail: detail.to_owned() };
        self.found.fault.get_or_insert_with(fault);
    }
}
