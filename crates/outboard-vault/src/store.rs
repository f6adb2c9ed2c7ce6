//! The file: sealed values, counters of tokens, and which key seals them.

mod open;

use crate::entry::{Entry, Private, Tag};
use crate::error::VaultError;
use crate::seal::{Place, Sealer};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Sealed values are filled up to a multiple of this, so that their length tells little.
const BLOCK: usize = 64;

pub(crate) struct Store {
    connection: Mutex<Connection>,
    pub(crate) sealer: Sealer,
}

/// A value that should have a token.
pub(crate) struct Candidate {
    pub(crate) kind: String,
    pub(crate) tag: Tag,
    pub(crate) private: Private,
}

/// What a session holds, or what is new in it.
pub(crate) struct Loaded {
    pub(crate) epoch: i64,
    pub(crate) last_seq: i64,
    pub(crate) entries: Vec<Entry>,
}

impl Store {
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes when another connection has committed something.
    pub(crate) fn version(&self) -> Result<i64, VaultError> {
        let version = self.connection().query_row("PRAGMA data_version", [], |row| row.get(0));
        version.map_err(VaultError::read)
    }

    /// The session's entries that came after `seq`, or all if it was emptied since `epoch`.
    pub(crate) fn load(&self, session: &str, epoch: i64, seq: i64) -> Result<Loaded, VaultError> {
        let mut connection = self.connection();
        let read = connection.transaction().map_err(VaultError::read)?;
        let now = epoch_of(&read, session).map_err(VaultError::read)?;
        let after = if now == epoch { seq } else { 0 };
        let mut loaded = Loaded { epoch: now, last_seq: after, entries: Vec::new() };
        let mut statement = read
            .prepare_cached(
                "SELECT seq, kind, number, tag, sealed FROM entries WHERE session = ? AND seq > ? ORDER BY seq",
            )
            .map_err(VaultError::read)?;
        let mut rows = statement.query(params![session, after]).map_err(VaultError::read)?;
        while let Some(row) = rows.next().map_err(VaultError::read)? {
            let (kind, number): (String, u32) = (get(row, 1)?, get(row, 2)?);
            let private = self.opened(Place { session, kind: &kind, number }, &get::<Vec<u8>>(row, 4)?)?;
            loaded.last_seq = get(row, 0)?;
            loaded.entries.push(Entry { kind, number, tag: get(row, 3)?, private });
        }
        Ok(loaded)
    }

    /// Gives each value its token, the one that it has or a new one. When this returns, they are on the disk.
    pub(crate) fn save(&self, session: &str, candidates: Vec<Candidate>) -> Result<Vec<Entry>, VaultError> {
        let mut connection = self.connection();
        let write = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(VaultError::write)?;
        let entries = candidates.into_iter().map(|candidate| self.saved(&write, session, candidate));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        write.commit().map_err(VaultError::write)?;
        Ok(entries)
    }

    fn saved(&self, write: &Transaction<'_>, session: &str, candidate: Candidate) -> Result<Entry, VaultError> {
        let Candidate { kind, tag, mut private } = candidate;
        let mut find = write
            .prepare_cached("SELECT number, sealed FROM entries WHERE session = ? AND tag = ?")
            .map_err(VaultError::write)?;
        let present: Option<(u32, Vec<u8>)> = find
            .query_row(params![session, tag], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(VaultError::write)?;
        let number = match &present {
            Some((number, sealed)) => {
                let mut known = self.opened(Place { session, kind: &kind, number: *number }, sealed)?;
                if private.servers.is_subset(&known.servers) {
                    return Ok(Entry { kind, number: *number, tag, private: known });
                }
                known.servers.append(&mut private.servers);
                private = known;
                *number
            }
            None => next_number(write, session, &kind).map_err(VaultError::write)?,
        };
        let sealed = self.sealed(Place { session, kind: &kind, number }, &private)?;
        write
            .prepare_cached(
                "INSERT OR REPLACE INTO entries (session, kind, number, tag, sealed) VALUES (?, ?, ?, ?, ?)",
            )
            .and_then(|mut statement| statement.execute(params![session, kind, number, tag, sealed]))
            .map_err(VaultError::write)?;
        Ok(Entry { kind, number, tag, private })
    }

    fn sealed(&self, place: Place<'_>, private: &Private) -> Result<Vec<u8>, VaultError> {
        let plain = serde_json::to_vec(private).map_err(|error| VaultError::Write { reason: error.to_string() })?;
        let mut plain = Zeroizing::new(plain);
        let length = plain.len().next_multiple_of(BLOCK);
        plain.resize(length, b' ');
        self.sealer.seal(place, &plain)
    }

    fn opened(&self, place: Place<'_>, sealed: &[u8]) -> Result<Private, VaultError> {
        let plain = self.sealer.open(place, sealed);
        plain.and_then(|plain| serde_json::from_slice(&plain).ok()).ok_or_else(|| VaultError::Tampered {
            session: place.session.to_owned(),
            token: format!("[{}_{}]", place.kind, place.number),
        })
    }

    /// Says until when a session is kept.
    pub(crate) fn keep_until(&self, session: &str, expires_ms: i64) -> Result<(), VaultError> {
        let sql = "INSERT INTO sessions (name, epoch, expires_ms) VALUES (?1, 0, ?2)
                   ON CONFLICT (name) DO UPDATE SET expires_ms = max(expires_ms, ?2)";
        self.connection().execute(sql, params![session, expires_ms]).map(drop).map_err(VaultError::write)
    }

    /// Removes all values of a session; how many there were.
    pub(crate) fn forget(&self, session: &str) -> Result<usize, VaultError> {
        self.remove(session, "DELETE FROM entries WHERE session = ?", params![session])
    }

    /// Removes one value of a session by its digest.
    pub(crate) fn forget_tag(&self, session: &str, tag: &Tag) -> Result<usize, VaultError> {
        self.remove(session, "DELETE FROM entries WHERE session = ? AND tag = ?", params![session, tag])
    }

    fn remove(&self, session: &str, sql: &str, what: &[&dyn rusqlite::ToSql]) -> Result<usize, VaultError> {
        let mut connection = self.connection();
        let write = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(VaultError::write)?;
        let removed = write.execute(sql, what).map_err(VaultError::write)?;
        let marked = write.execute("UPDATE sessions SET epoch = epoch + 1 WHERE name = ?", [session]);
        marked.and_then(|_| write.commit()).map_err(VaultError::write)?;
        // Also out of the log. While another process reads, this waits for a later time.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(removed)
    }

    /// Names, ends and numbers of values of all sessions.
    pub(crate) fn sessions(&self) -> Result<Vec<(String, i64, usize)>, VaultError> {
        let connection = self.connection();
        let sql =
            "SELECT name, expires_ms, (SELECT count(*) FROM entries WHERE session = name) FROM sessions ORDER BY name";
        let mut statement = connection.prepare_cached(sql).map_err(VaultError::read)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, u32>(2)? as usize)))
            .map_err(VaultError::read)?;
        rows.collect::<Result<_, _>>().map_err(VaultError::read)
    }
}

fn get<T: rusqlite::types::FromSql>(row: &rusqlite::Row<'_>, at: usize) -> Result<T, VaultError> {
    row.get(at).map_err(VaultError::read)
}

fn epoch_of(connection: &Connection, session: &str) -> rusqlite::Result<i64> {
    let found = connection.query_row("SELECT epoch FROM sessions WHERE name = ?", [session], |row| row.get(0));
    found.optional().map(Option::unwrap_or_default)
}

fn next_number(write: &Transaction<'_>, session: &str, kind: &str) -> rusqlite::Result<u32> {
    let sql = "INSERT INTO counters (session, kind, last) VALUES (?, ?, 1)
               ON CONFLICT (session, kind) DO UPDATE SET last = last + 1 RETURNING last";
    write.prepare_cached(sql)?.query_row(params![session, kind], |row| row.get(0))
}
