//! From the calls of one turn to their answers, in their order.

use crate::agent::Agent;
use crate::conversation::{Answer, Conversation, Part, ToolUse};
use crate::correct;
use crate::meant::{PROGRAMS, bare, function, meant, refuses_null, without_nulls};
use crate::ports::{CallAside, Note, ToolOutcome};
use crate::prompts::Mode;
use crate::provider::{Received, Reply, Stop};
use crate::repair::{Arguments, arguments};
use crate::repeats::{Repeats, key};
use crate::trim::bounded;
use futures::StreamExt;
use futures::stream;

/// Most calls that one turn makes.
const MOST: usize = 32;

/// What is to become of one call.
pub(crate) enum Plan {
    /// It is answered without being made.
    Say(String),
    /// It is made; what is told beside its result, and what it is told from others by.
    Make { remark: Option<&'static str>, key: u64 },
}

/// What the model said, fit to be kept, and what is to become of its calls.
pub(crate) struct Accepted {
    pub(crate) parts: Vec<Part>,
    pub(crate) plans: Vec<Plan>,
}

/// Waiting is not repeating oneself.
const PATIENT: &str = "wait";

impl Agent<'_> {
    /// The reply with the call that it means, where it makes none and means one. The model is not told: words about
    /// calls make small ones call again.
    pub(crate) fn understood(&self, mut reply: Reply, program_ran: bool) -> Reply {
        let makes_none = !reply.parts.iter().any(|part| matches!(part, Received::Call { .. }));
        if reply.stop != Stop::Done || !makes_none {
            return reply;
        }
        let text = |part: &Received| if let Received::Text(text) = part { Some(text.clone()) } else { None };
        let text = reply.parts.iter().filter_map(text).collect::<Vec<_>>().join("\n");
        let calls = meant(self.options.mode, &text, &self.names, program_ran);
        if calls.iter().any(|meant| meant.is_whole_text()) {
            // Its text stands in the conversation as a call; beside that, a model would write both the next time.
            reply.parts.retain(|part| !matches!(part, Received::Text(_)));
        }
        for meant in calls {
            self.watch.note(&Note::Corrected { what: format!("{}: {}", meant.name, meant.instead) });
            let arguments = meant.arguments.to_string();
            reply.parts.push(Received::Call { id: String::new(), name: meant.name, arguments });
        }
        reply
    }

    /// Reads a reply; decides about each call.
    pub(crate) fn accept(&self, reply: Reply, conversation: &Conversation, repeats: &mut Repeats) -> Accepted {
        let cut = reply.stop == Stop::MaxTokens;
        let mut accepted = Accepted { parts: Vec::new(), plans: Vec::new() };
        let mut made = Vec::new();
        for part in reply.parts {
            match part {
                Received::Text(text) => accepted.parts.push(Part::Text(text)),
                Received::Opaque(value) => accepted.parts.push(Part::Opaque(value)),
                Received::Call { id, name, arguments } => {
                    let id = unique(id, &accepted.parts, conversation);
                    let (call, plan) = self.plan(id, name, &arguments, cut, accepted.plans.len(), repeats);
                    let plan = once(plan, &mut made);
                    accepted.parts.push(Part::Call(call));
                    accepted.plans.push(plan);
                }
            }
        }
        accepted
    }

    fn plan(
        &self,
        id: String,
        name: String,
        text: &str,
        cut: bool,
        before: usize,
        repeats: &mut Repeats,
    ) -> (ToolUse, Plan) {
        let (given, remark, bad) = match arguments(text) {
            Arguments::Good(value) => (value, None, None),
            // A cut answer may be whole by chance only; what it lacks is not made up.
            Arguments::Repaired(_, why) if cut => {
                (Default::default(), None, Some(format!("the arguments are cut: {why}")))
            }
            Arguments::Repaired(value, why) => (value, Some(why), None),
            Arguments::Bad(why) => (Default::default(), None, Some(why)),
        };
        // What cannot be read goes back as an empty object: providers refuse a history that holds anything else.
        let mut given = if given.is_object() { given } else { serde_json::json!({}) };
        bare(&name, &mut given);
        let meant = function(self.options.mode, &name, &given, &self.names).filter(|_| bad.is_none());
        let (name, given) = meant.map_or((name, given), |meant| {
            self.watch.note(&Note::Corrected { what: format!("{}: {}", meant.name, meant.instead) });
            (meant.name, meant.arguments)
        });
        let key = key(&name, &given);
        let plan = if before >= MOST {
            Plan::Say(correct::too_many(MOST))
        } else if self.names.tool(&name).is_none() {
            Plan::Say(correct::unknown_tool(self.options.mode, &name, &self.names))
        } else if let Some(why) = bad {
            Plan::Say(correct::bad_arguments(&why, cut, self.options.mode == Mode::Code && name == PROGRAMS))
        } else if name != PATIENT && !repeats.may(key) {
            Plan::Say(correct::REPEATED.to_owned())
        } else {
            Plan::Make { remark, key }
        };
        (ToolUse { id, name, arguments: given }, plan)
    }

    /// Makes the calls that are to be made, several at once, and answers all.
    pub(crate) async fn answers(
        &self,
        calls: &[ToolUse],
        plans: Vec<Plan>,
        traceparent: Option<String>,
        repeats: &mut Repeats,
    ) -> Vec<Answer> {
        let made = calls.iter().zip(plans).map(|(call, plan)| self.answer(call, plan, traceparent.clone()));
        let results: Vec<_> = stream::iter(made).buffered(self.options.parallel.max(1)).collect().await;
        let noted = results.into_iter().zip(calls).map(|((mut outcome, made), call)| {
            // What was said about the call is no part of what it gave.
            if let Some((key, own)) = made
                && repeats.gave(key, &outcome.text[..own])
            {
                outcome.text.push_str(correct::AGAIN);
            }
            Answer::new(&*call.id, outcome.text, outcome.is_error)
        });
        noted.collect()
    }

    async fn answer(
        &self,
        call: &ToolUse,
        plan: Plan,
        traceparent: Option<String>,
    ) -> (ToolOutcome, Option<(u64, usize)>) {
        let (remark, key) = match plan {
            Plan::Say(text) => {
                self.watch.note(&Note::Corrected { what: format!("{}: {text}", call.name) });
                return (ToolOutcome { text, is_error: true }, None);
            }
            Plan::Make { remark, key } => (remark, key),
        };
        let tool = self.names.tool(&call.name).unwrap_or(&call.name);
        self.watch.calling(call);
        let aside = CallAside { cancel: self.options.cancel.clone(), traceparent };
        let mut outcome = self.tools.call(tool, &call.arguments, aside.clone()).await;
        if outcome.is_error
            && refuses_null(&outcome.text)
            && let Some(given) = without_nulls(&call.arguments)
        {
            self.watch.note(&Note::Corrected { what: format!("{}: arguments that are null were left out", call.name) });
            outcome = self.tools.call(tool, &given, aside).await;
        }
        let mut text = bounded(outcome.text, self.options.result_bytes);
        let own = text.len();
        if let Some(remark) = remark {
            self.watch.note(&Note::Corrected { what: format!("{}: the arguments: {remark}", call.name) });
            text.push_str(&format!("\nnote: about the arguments of this call: {remark}"));
        }
        let outcome = ToolOutcome { text, ..outcome };
        self.watch.called(call, &outcome);
        (outcome, (!outcome_is_interrupted(self)).then_some((key, own)))
    }
}

/// A call that stands twice in one turn is made once; one that is meant twice is made in the next turn.
fn once(plan: Plan, made: &mut Vec<u64>) -> Plan {
    match &plan {
        Plan::Make { key, .. } if made.contains(key) => Plan::Say(correct::TWICE.to_owned()),
        Plan::Make { key, .. } => {
            made.push(*key);
            plan
        }
        Plan::Say(_) => plan,
    }
}

/// After a stop nothing counts as a repetition.
fn outcome_is_interrupted(agent: &Agent<'_>) -> bool {
    agent.options.cancel.is_cancelled()
}

/// An id that no other call has: some servers give none, or the same again.
fn unique(id: String, parts: &[Part], conversation: &Conversation) -> String {
    let here = |id: &str| parts.iter().any(|part| matches!(part, Part::Call(call) if call.id == id));
    let taken = |id: &str| id.is_empty() || conversation.knows(id) || here(id);
    if !taken(&id) {
        return id;
    }
    (1_u64..).map(|number| format!("call_{number}")).find(|id| !taken(id)).unwrap_or(id)
}
