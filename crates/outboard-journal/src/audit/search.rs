//! Finding audit rows by words: in their own columns, in what people said, in the arguments and errors of their calls.
//!
//! Texts of programs and tools are sealed where a journal is, so there is no index over them: rows are looked through,
//! newest first, and a page ends where enough were found or looked at. What is looked at is what is shown: a value that
//! a person is not shown cannot be guessed by looking for it.

use super::rows::{AuditFilter, AuditRow, COLUMNS, FITS, each, row};
use crate::durable::Value;
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{digest, int};
use crate::write::int as sql;
use outboard_types::{Principal, SessionName, ToolError};
use regex::{Regex, RegexBuilder};
use rusqlite::{Connection, OptionalExtension, Row};
use std::ops::ControlFlow;

/// Most words, and bytes of all.
const WORDS: usize = 8;
const BYTES: usize = 512;

/// Larger texts are not looked into.
const LARGEST: u64 = 256 << 10;

/// Makes a text fit to be shown to whoever looks: whose it is, and the text.
pub type Shown<'a> = &'a dyn Fn(&Principal, &SessionName, &str) -> String;

/// Words to look for, each a part of any text of a row, whatever its case.
#[derive(Debug, Clone)]
pub struct AuditWords {
    words: Vec<Regex>,
    /// Whether one of them may be part of what stands for a private value.
    tokens: bool,
}

/// Where to look, and how far.
#[derive(Debug, Clone, Copy)]
pub struct AuditLook {
    /// Before this place; from the newest row on without it.
    pub before: Option<u64>,
    /// Ends when so many rows were found.
    pub limit: usize,
    /// Or so many were looked at.
    pub most: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The rows, newest first.
    pub rows: Vec<AuditRow>,
    /// Where to go on, if there may be more: before this place.
    pub next: Option<u64>,
    /// How many rows were looked at.
    pub looked_at: usize,
}

impl AuditWords {
    /// The words of a text, apart by white space; `None` where there are none, or more than eight, or 512 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let word = |word: &str| RegexBuilder::new(&regex::escape(word)).case_insensitive(true).build().ok();
        let given: Vec<&str> = text.split_whitespace().collect();
        if given.is_empty() || given.len() > WORDS || text.len() > BYTES {
            return None;
        }
        // Private values are shown as [KIND_7], and somebody may look for a part of that.
        let part = |word: &&str| {
            word.contains(['[', ']']) || word.contains('_') && word.contains(|c: char| c.is_ascii_digit())
        };
        let tokens = given.iter().any(part);
        Some(Self { words: given.into_iter().map(word).collect::<Option<_>>()?, tokens })
    }

    /// A bit for each word that a text holds.
    fn held(&self, text: &str) -> u32 {
        let bits = self.words.iter().enumerate().filter(|(_, word)| word.is_match(text));
        bits.fold(0, |bits, (at, _)| bits | 1 << at)
    }

    fn all(&self) -> u32 {
        (1 << self.words.len()) - 1
    }
}

impl Journal {
    /// Audit rows that fit a filter and hold every word, newest first. Arguments and errors count as they are `shown`.
    pub fn audit_search(
        &self,
        filter: &AuditFilter,
        words: &AuditWords,
        look: AuditLook,
        shown: Shown<'_>,
    ) -> Result<AuditPage, JournalError> {
        let (limit, most) = (look.limit.max(1), look.most.max(1));
        let mut page = AuditPage { rows: Vec::new(), next: None, looked_at: 0 };
        let place = (look.before.map_or(i64::MAX, sql), i64::try_from(most).unwrap_or(i64::MAX));
        each(self, filter, place, &question(), |connection, found| {
            page.looked_at += 1;
            let seq = int(found, 0)?;
            if (Looked { journal: self, connection, words, shown, row: found }).fits()? {
                page.rows.push(row(found)?);
            }
            if page.rows.len() < limit && page.looked_at < most {
                return Ok(ControlFlow::Continue(()));
            }
            page.next = (seq > 1).then_some(seq);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(page)
    }
}

/// Rows of the log with what belongs to them: arguments, error, and the reasons of a question.
fn question() -> String {
    format!(
        "SELECT t.*, i.body, i.blob, i.bytes, e.body, a.reason, a.answer_reason
         FROM (SELECT {COLUMNS} FROM audit WHERE seq < ?1 AND {FITS} ORDER BY seq DESC LIMIT ?9) t
             LEFT JOIN intents i ON i.execution = t.execution AND i.number = t.call
             LEFT JOIN events e ON e.execution = t.execution AND e.call = t.call AND e.kind = 'error'
             LEFT JOIN approvals a ON a.id = t.approval
         ORDER BY t.seq DESC"
    )
}

/// The columns of the row itself that are texts: names, ids and words of ours.
const OWN: [usize; 9] = [2, 3, 6, 7, 8, 10, 11, 12, 13];

/// A row that is looked at.
struct Looked<'a> {
    journal: &'a Journal,
    connection: &'a Connection,
    words: &'a AuditWords,
    shown: Shown<'a>,
    row: &'a Row<'a>,
}

impl Looked<'_> {
    fn fits(&self) -> Result<bool, JournalError> {
        let (all, mut held) = (self.words.all(), 0);
        for column in OWN {
            held |= self.row.get_ref(column)?.as_str_or_null().ok().flatten().map_or(0, |text| self.words.held(text));
        }
        let texts = [Self::arguments, Self::error, |one: &Self| one.text(21), |one: &Self| one.text(22)];
        for text in texts {
            if held == all {
                break;
            }
            if let Some(text) = text(self)? {
                held |= self.held_as_shown(&text)?;
            }
        }
        Ok(held == all)
    }

    /// Words that a text holds as it is shown. Making it fit to be shown is dear, so what holds none is left out.
    fn held_as_shown(&self, text: &str) -> Result<u32, JournalError> {
        if !self.words.tokens && self.words.held(text) == 0 {
            return Ok(0);
        }
        let (principal, session) = self.whose()?;
        Ok(self.words.held(&(self.shown)(&principal, &session, text)))
    }

    fn text(&self, column: usize) -> Result<Option<String>, JournalError> {
        Ok(self.row.get(column)?)
    }

    /// What the tool was given, where it is kept and not too large.
    fn arguments(&self) -> Result<Option<String>, JournalError> {
        if let Some(text) = self.text(17)? {
            return self.journal.sealed().open(text).map(Some);
        }
        match self.text(18)? {
            Some(_) if int(self.row, 19)? <= LARGEST => {
                let blob = Value::Blob { digest: digest(self.row, 18)?, bytes: int(self.row, 19)? };
                // It may be forgotten by now.
                Ok(self.journal.load(&blob).ok())
            }
            _ => Ok(None),
        }
    }

    /// What its error said.
    fn error(&self) -> Result<Option<String>, JournalError> {
        let Some(text) = self.text(20)? else { return Ok(None) };
        let read = serde_json::from_str::<ToolError>(&self.journal.sealed().open(text)?);
        Ok(read.ok().map(|error| error.message))
    }

    /// Whose values its texts hold.
    fn whose(&self) -> Result<(Principal, SessionName), JournalError> {
        let mut statement = self.connection.prepare_cached("SELECT session FROM executions WHERE id = ?1")?;
        let session = statement.query_row([self.text(3)?], |row| row.get::<_, String>(0)).optional()?;
        let session = session.and_then(|name| SessionName::new(&name).ok()).unwrap_or_default();
        Ok((Principal(self.row.get::<_, String>(2)?.into()), session))
    }
}
