//! What is at rest is unreadable without its key.

use crate::samples::{approval, durability, execution};
use futures::executor::block_on;
use outboard_journal::{
    CallKey, Effect, Event, ExecutionRow, Intent, Journal, JournalError, OnRestart, Order, Seal, Value, Verdict, What,
    open, open_sealed,
};
use outboard_types::{Digest, ExecutionId, Principal};
use std::path::Path;
use std::sync::Arc;

/// A seal that anybody could break; it is its places that matter here.
struct Shifted(u8);

impl Seal for Shifted {
    fn seal(&self, text: &str) -> String {
        text.bytes().map(|byte| format!("{:02x}", byte.wrapping_add(self.0))).collect()
    }

    fn open(&self, sealed: &str) -> Result<String, String> {
        let byte = |at: usize| u8::from_str_radix(sealed.get(at..at + 2)?, 16).ok();
        let bytes =
            (0..sealed.len() / 2).map(|at| Some(byte(at * 2)?.wrapping_sub(self.0))).collect::<Option<Vec<_>>>();
        let text = String::from_utf8(bytes.ok_or("it is no sealed text")?).map_err(|_| "another key")?;
        if text.contains('\u{0}') { Err("another key".to_owned()) } else { Ok(text) }
    }
}

const SECRET: &str = "ada.lovelace@example.org";

fn written(path: &Path) -> ExecutionId {
    let journal = open_sealed(path, Some(Arc::new(Shifted(7)))).unwrap();
    let mut record = execution(1);
    (record.code, record.input) = (format!("return '{SECRET}'"), Some(format!("\"{SECRET}\"")));
    let id = record.id.clone();
    let mut with = durability(None, OnRestart::Resume);
    with.inspection = Some(format!("{{\"secrets\":[\"{SECRET}\"]}}"));
    block_on(journal.begin_durable(record, with)).unwrap();
    let large = format!("\"{}{SECRET}\"", "x".repeat(100_000));
    for (number, answer) in [(1, format!("\"{SECRET}\"")), (2, large)] {
        let key = CallKey {
            branch: String::new(),
            server: "crm".into(),
            tool: "find".into(),
            arguments: Digest::of(&answer),
            occurrence: 0,
        };
        let arguments = Value::from(answer.clone());
        let intent = Intent { execution: id.clone(), number, at_ms: 1, key, arguments, effect: Effect::Effectful };
        block_on(journal.intent(intent)).unwrap();
        let what = What::Completed { call: number, outcome: Ok(Value::from(answer)) };
        block_on(journal.event(Event { execution: id.clone(), order: number, at_ms: 2, what })).unwrap();
    }
    let mut question = approval(1);
    (question.execution, question.arguments) = (id.clone(), format!("{{\"to\":\"{SECRET}\"}}"));
    block_on(journal.open_approval(question)).unwrap();
    let verdict = Verdict::Done(format!("\"{SECRET}\""));
    block_on(journal.order(&id, &Principal("local".into()), 3, &Order::Resolve { call: 1, verdict })).unwrap();
    journal.flush().unwrap();
    id
}

fn everything(journal: &Journal, id: &ExecutionId) -> Result<Vec<String>, JournalError> {
    let ExecutionRow { record, durability, .. } = journal.execution(id)?.unwrap();
    let history = journal.history(id)?;
    let mut all = vec![record.code, record.input.unwrap(), durability.unwrap().inspection.unwrap()];
    for intent in &history.intents {
        all.push(journal.load(&intent.arguments)?);
    }
    for event in &history.events {
        let What::Completed { outcome: Ok(value), .. } = &event.what else { panic!("{event:?}") };
        all.push(journal.load(value)?);
    }
    all.push(journal.approval("ap_1")?.unwrap().arguments);
    let Some(Verdict::Done(answer)) = journal.verdict(id, 1)? else { panic!("a verdict is there") };
    all.push(answer);
    Ok(all)
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![std::fs::read(path).unwrap()] }).collect()
}

#[test]
fn nothing_that_anybody_wrote_is_readable_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let id = written(&path);
    let all = files(folder.path());
    assert!(all.len() > 1, "the database and the large value");
    let found = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    assert!(!all.iter().any(|bytes| found(bytes)));
    let journal = open_sealed(&path, Some(Arc::new(Shifted(7)))).unwrap();
    assert!(everything(&journal, &id).unwrap().iter().all(|text| text.contains(SECRET)));
}

#[test]
fn without_the_key_an_error_says_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let id = written(&path);
    let error = everything(&open(&path).unwrap(), &id).unwrap_err();
    assert!(matches!(&error, JournalError::Sealed { reason } if reason == "no key was given"), "{error}");
    assert!(error.to_string().contains("privacy.key"));
}
