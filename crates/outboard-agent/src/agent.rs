//! The loop.

use crate::answers::Accepted;
use crate::budget::{Budget, Ledger, Limit};
use crate::conversation::{Answer, Conversation, Entry, ToolUse};
use crate::correct;
use crate::meant::PROGRAMS;
use crate::names::Names;
use crate::ports::{Count, Note, Tools, TurnEnded, Watch};
use crate::prompts::Mode;
use crate::provider::{Model, ModelError, Prompt, Reply, Stop, Usage};
use crate::repeats::Repeats;
use crate::trim::trim;
use outboard_ledger::Price;
use outboard_types::CancellationToken;

/// How the loop runs.
pub struct Options {
    /// How tools are offered.
    pub mode: Mode,
    /// What the model is told first.
    pub system: String,
    /// Turns of one run at most; default 40.
    pub max_turns: u32,
    /// Tokens that one turn may write; default 8,192.
    pub max_output: u64,
    /// Tokens of the whole conversation, read and written together.
    pub max_tokens_total: Option<u64>,
    /// US dollars of the whole conversation; needs `price`.
    pub max_cost: Option<f64>,
    /// What tokens cost.
    pub price: Option<Price>,
    /// Calls of one turn that are made at once; default 8.
    pub parallel: usize,
    /// Largest result that is shown to the model, in bytes; default 400,000.
    pub result_bytes: usize,
    /// Stops the run; what was said is kept.
    pub cancel: CancellationToken,
}

impl Options {
    /// With defaults.
    pub fn new(mode: Mode, system: String) -> Self {
        Self {
            mode,
            system,
            max_turns: 40,
            max_output: 8_192,
            max_tokens_total: None,
            max_cost: None,
            price: None,
            parallel: 8,
            result_bytes: 400_000,
            cancel: CancellationToken::new(),
        }
    }
}

/// A model with tools.
pub struct Agent<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// What it may call.
    pub tools: &'a dyn Tools,
    /// The tools' names and definitions.
    pub names: Names,
    /// Who is told what happens.
    pub watch: &'a dyn Watch,
    /// How tokens are counted.
    pub counter: &'a dyn Count,
    /// How it runs.
    pub options: Options,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// With an answer; whether it was cut because it was too long.
    Answered {
        /// The answer.
        text: String,
        /// Whether it is not whole.
        cut: bool,
    },
    /// The model, or its provider, refuses.
    Refused(String),
    /// At a limit.
    Limit(Limit),
    /// The model goes round in circles.
    Stuck(&'static str),
    /// Somebody stopped it.
    Stopped,
    /// The model cannot be asked.
    Failed(ModelError),
}

/// A run that is over; the conversation has all that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// How.
    pub end: End,
    /// Turns of this run.
    pub turns: u32,
    /// Our own count.
    pub ledger: Ledger,
}

/// Times that a message without calls is sent back before it is taken as the answer.
const CORRECTIONS: u32 = 2;

/// How much more than our count a provider may count, before its first figure is known.
const MARGIN: f64 = 1.3;

/// What a run knows beside the conversation.
struct Run {
    turns: u32,
    ledger: Ledger,
    repeats: Repeats,
    corrections: u32,
    /// Whether a program ran to its end.
    program_ran: bool,
    /// The provider's count of the last turn over ours.
    ratio: f64,
}

impl Agent<'_> {
    /// Our count of what the first turn reads.
    pub fn first_context(&self, conversation: &Conversation) -> u64 {
        self.ledger(conversation).context()
    }

    fn ledger(&self, conversation: &Conversation) -> Ledger {
        let definition = |definition: &crate::names::Definition| {
            let text = format!("{} {} {}", definition.name, definition.description, definition.schema);
            self.counter.count(&text)
        };
        let definitions = self.names.definitions().iter().map(definition).sum();
        let mut ledger = Ledger { prompt: self.counter.count(&self.options.system), definitions, ..Ledger::default() };
        ledger.recount(&conversation.entries, self.counter);
        ledger
    }

    /// Turns the conversation over until it ends. Whatever the end is, the conversation can be gone on with.
    pub async fn run(&self, conversation: &mut Conversation) -> Ended {
        conversation.mend();
        let ledger = self.ledger(conversation);
        let mut run =
            Run { turns: 0, ledger, repeats: Repeats::default(), corrections: 0, program_ran: false, ratio: MARGIN };
        self.watch.grew(conversation);
        loop {
            if let Some(end) = self.turn(conversation, &mut run).await {
                self.watch.grew(conversation);
                return Ended { end, turns: run.turns, ledger: run.ledger };
            }
        }
    }

    /// One turn; its end, if it is the last.
    async fn turn(&self, conversation: &mut Conversation, run: &mut Run) -> Option<End> {
        if self.options.cancel.is_cancelled() {
            return Some(End::Stopped);
        }
        if run.turns >= self.options.max_turns {
            return Some(End::Limit(Limit::Turns(self.options.max_turns)));
        }
        let context = (run.ledger.context() as f64 * run.ratio) as u64;
        let max_output = match self.budget().allows(&conversation.spent, context, self.options.max_output) {
            Ok(max_output) => max_output,
            Err(limit) => return Some(End::Limit(limit)),
        };
        run.turns += 1;
        let traceparent = self.watch.turn_started(run.turns);
        let asked = self.ask(conversation, max_output).await;
        self.tell_end(run.turns, &asked);
        match asked {
            Ok(reply) => self.take(reply, conversation, run, traceparent).await,
            Err(ModelError::Stopped) => Some(End::Stopped),
            Err(ModelError::ContextFull(why)) => match trim(&mut conversation.entries) {
                Some(note) => {
                    self.watch.note(&note);
                    run.ledger.recount(&conversation.entries, self.counter);
                    None
                }
                None => Some(End::Failed(ModelError::ContextFull(why))),
            },
            Err(error) => Some(End::Failed(error)),
        }
    }

    async fn ask(&self, conversation: &Conversation, max_output: u64) -> Result<Reply, ModelError> {
        let prompt = Prompt {
            system: &self.options.system,
            definitions: self.names.definitions(),
            // What runs side by side does so within a program.
            parallel: self.options.mode == Mode::Direct,
            entries: &conversation.entries,
            max_output,
            cache_key: &conversation.id,
        };
        self.model.reply(prompt, self.watch, &self.options.cancel).await
    }

    fn budget(&self) -> Budget {
        let Options { max_tokens_total: tokens, max_cost: cost, price, .. } = self.options;
        Budget { tokens, cost, price }
    }

    fn tell_end(&self, turn: u32, asked: &Result<Reply, ModelError>) {
        let ended = match asked {
            Ok(reply) => {
                let calls = reply.parts.iter().filter(|part| matches!(part, crate::Received::Call { .. })).count();
                TurnEnded { turn, usage: reply.usage, calls, ok: true }
            }
            Err(_) => TurnEnded { turn, usage: Usage::default(), calls: 0, ok: false },
        };
        self.watch.turn_ended(&ended);
    }

    /// Takes a reply into the conversation, and answers its calls.
    async fn take(
        &self,
        reply: Reply,
        conversation: &mut Conversation,
        run: &mut Run,
        traceparent: Option<String>,
    ) -> Option<End> {
        conversation.spent.add(&reply.usage, self.options.price.as_ref());
        self.watch.spent(&conversation.spent);
        let context = run.ledger.context();
        run.ledger.read += context;
        if context > 0 && reply.usage.input > 0 {
            run.ratio = (reply.usage.input as f64 / context as f64).clamp(0.5, 3.0);
        }
        let (stop, usage) = (reply.stop.clone(), reply.usage);
        let reply = self.understood(reply, run.program_ran);
        let Accepted { parts, plans } = self.accept(reply, conversation, &mut run.repeats);
        let entry = Entry::Model { parts };
        let (calls, text): (Vec<ToolUse>, String) = (entry.calls().cloned().collect(), entry.text());
        self.add(entry, conversation, run);
        if let Stop::Refused(why) = stop {
            conversation.mend();
            return Some(End::Refused(why));
        }
        if calls.is_empty() {
            return self.without_calls(text, stop == Stop::MaxTokens, usage, conversation, run);
        }
        run.corrections = 0;
        let answers = self.answers(&calls, plans, traceparent, &mut run.repeats).await;
        let is_good = |(call, answer): (&ToolUse, &Answer)| call.name == PROGRAMS && !answer.is_error;
        run.program_ran |= calls.iter().zip(&answers).any(is_good);
        self.add(Entry::Tools { answers }, conversation, run);
        match run.repeats.hopeless() {
            true => Some(End::Stuck("it makes the same call over and over")),
            false => None,
        }
    }

    /// A message without calls is the answer, unless it is plainly none.
    fn without_calls(
        &self,
        text: String,
        cut: bool,
        usage: Usage,
        conversation: &mut Conversation,
        run: &mut Run,
    ) -> Option<End> {
        let wrong = correct::not_an_answer(self.options.mode, &text, &self.names);
        let Some((what, say)) = wrong else { return Some(End::Answered { text, cut }) };
        if run.corrections >= CORRECTIONS {
            let empty = text.trim().is_empty();
            return Some(if empty { End::Stuck("it says nothing") } else { End::Answered { text, cut } });
        }
        run.corrections += 1;
        self.watch.note(&Note::Corrected { what: format!("{what} ({} tokens)", usage.output) });
        self.add(Entry::correction(say), conversation, run);
        None
    }

    fn add(&self, entry: Entry, conversation: &mut Conversation, run: &mut Run) {
        run.ledger.note(&entry, self.counter);
        conversation.entries.push(entry);
        self.watch.grew(conversation);
    }
}
