//! One execution as one JSON file, and back.

use crate::approvals::{self, ApprovalFilter, ApprovalRecord};
use crate::command::{Applied, Command, Context, Fault};
use crate::durable::{self, Event, Intent, OnRestart, Value, What};
use crate::error::JournalError;
use crate::history::History;
use crate::journal::Journal;
use crate::marks::{self, Mark};
use crate::records::{CallRecord, ExecutionRow};
use crate::tokens::{self, Counted};
use crate::write;
use outboard_types::ExecutionId;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// What such a file says that it is.
const FORMAT: &str = "outboard-execution-1";

/// Largest file that is read.
const LARGEST: u64 = 256 * 1024 * 1024;

/// All that is known of one execution, large values included.
#[derive(Serialize, Deserialize)]
struct Parcel {
    format: String,
    execution: ExecutionRow,
    calls: Vec<CallRecord>,
    intents: Vec<Intent>,
    events: Vec<Event>,
    approvals: Vec<ApprovalRecord>,
    #[serde(default)]
    marks: Vec<Mark>,
    #[serde(default)]
    tokens: Vec<Counted>,
}

impl Journal {
    /// Writes an execution and all that belongs to it as JSON; blocks the thread.
    ///
    /// Every text that a program, a tool or a person wrote passes through `mask` first; names, digests, times
    /// and sizes stay. Keep `mask` from breaking JSON texts where the file is to be replayed.
    pub fn export(
        &self,
        id: &ExecutionId,
        mask: &dyn Fn(&str) -> String,
        file: &mut dyn Write,
    ) -> Result<(), JournalError> {
        let execution = self.execution(id)?.ok_or_else(|| refused(format!("there is no execution {id}")))?;
        let History { intents, events } = self.history(id)?;
        let filter = ApprovalFilter { execution: Some(id.clone()), ..ApprovalFilter::default() };
        let (calls, approvals) = (self.calls(id)?, self.approvals(&filter)?);
        let (format, marks, tokens) = (FORMAT.to_owned(), self.marks(id)?, self.tokens(id)?);
        let mut parcel = Parcel { format, execution, calls, intents, events, approvals, marks, tokens };
        self.fill(&mut parcel, mask)?;
        serde_json::to_writer(&mut *file, &parcel).map_err(|error| refused(error.to_string()))?;
        file.flush().map_err(|error| refused(error.to_string()))
    }

    /// Reads what [`export`](Self::export) wrote, at most 256 MiB, into this journal; blocks the thread.
    ///
    /// An execution that was not over is suspended here, to be claimed by whoever replays it. One whose id is
    /// known already is refused and nothing is changed.
    pub fn import(&self, file: impl Read) -> Result<ExecutionId, JournalError> {
        let parcel: Parcel = serde_json::from_reader(file.take(LARGEST)).map_err(|error| refused(error.to_string()))?;
        if parcel.format != FORMAT {
            return Err(refused(format!("its format is {:?}, not {FORMAT:?}", parcel.format)));
        }
        let id = parcel.execution.record.id.clone();
        let job = move |context: &Context<'_>| unpack(context, &parcel).map(|()| Applied::Done);
        self.wait(Command::Job("an imported execution", Box::new(job)))?;
        Ok(id)
    }

    /// Loads what is kept in files, and masks.
    fn fill(&self, parcel: &mut Parcel, mask: &dyn Fn(&str) -> String) -> Result<(), JournalError> {
        let record = &mut parcel.execution.record;
        record.code = mask(&record.code);
        record.input = record.input.as_deref().map(mask);
        if let Some(durability) = &mut parcel.execution.durability {
            durability.inspection = durability.inspection.as_deref().map(mask);
        }
        for intent in &mut parcel.intents {
            intent.arguments = self.filled(&intent.arguments, mask)?;
        }
        for event in &mut parcel.events {
            match &mut event.what {
                What::Completed { outcome: Ok(value), .. } | What::Noted { body: value, .. } => {
                    *value = self.filled(value, mask)?;
                }
                What::Completed { outcome: Err(error), .. } => {
                    error.message = mask(&error.message);
                    error.hint = error.hint.as_deref().map(mask);
                }
            }
        }
        for approval in &mut parcel.approvals {
            approval.arguments = mask(&approval.arguments);
            approval.answer_reason = approval.answer_reason.as_deref().map(mask);
        }
        Ok(())
    }

    fn filled(&self, value: &Value, mask: &dyn Fn(&str) -> String) -> Result<Value, JournalError> {
        self.load(value).map(|text| Value::Text(mask(&text)))
    }
}

fn unpack(context: &Context<'_>, parcel: &Parcel) -> Result<(), Fault> {
    let ExecutionRow { record, ending, durability, .. } = &parcel.execution;
    foreign(parcel)?;
    match durability {
        // The key is the other journal's: here it could belong to something else.
        Some(durability) => {
            let on_restart = OnRestart::Suspend;
            let durability = durable::Durability { idempotency_key: None, on_restart, ..durability.clone() };
            durable::begin(context, record, &durability)?;
        }
        None => write::begin(context, record)?,
    }
    parcel.calls.iter().try_for_each(|call| write::call(context.connection, call))?;
    parcel.intents.iter().try_for_each(|intent| durable::intent(context, intent))?;
    parcel.events.iter().try_for_each(|event| durable::event(context, event))?;
    parcel.approvals.iter().try_for_each(|approval| approvals::insert(context, approval))?;
    parcel.marks.iter().try_for_each(|mark| marks::write(context, mark))?;
    tokens::write(context, &parcel.tokens)?;
    match ending {
        Some(ending) => write::end(context, &record.id, ending),
        None => write::disown(context, &record.id),
    }
}

/// Refuses a file whose parts belong to different executions, or name files of another machine.
fn foreign(parcel: &Parcel) -> Result<(), Fault> {
    let id = &parcel.execution.record.id;
    let calls = parcel.calls.iter().map(|call| &call.execution);
    let intents = parcel.intents.iter().map(|intent| &intent.execution);
    let events = parcel.events.iter().map(|event| &event.execution);
    let approvals = parcel.approvals.iter().map(|approval| &approval.execution);
    let marks = parcel.marks.iter().map(|mark| &mark.execution);
    let tokens = parcel.tokens.iter().map(|counted| &counted.execution);
    if calls.chain(intents).chain(events).chain(approvals).chain(marks).chain(tokens).any(|other| other != id) {
        return Err(Fault::Refused("its parts belong to different executions".to_owned()));
    }
    let values =
        parcel.intents.iter().map(|intent| &intent.arguments).chain(parcel.events.iter().filter_map(|event| {
            match &event.what {
                What::Completed { outcome, .. } => outcome.as_ref().ok(),
                What::Noted { body, .. } => Some(body),
            }
        }));
    if values.into_iter().any(|value| matches!(value, Value::Blob { .. })) {
        return Err(Fault::Refused("it names large values that it does not hold".to_owned()));
    }
    Ok(())
}

fn refused(reason: String) -> JournalError {
    JournalError::Exchange { reason }
}
