//! What came of a run: the answer on stdout, and what it took.

use super::session::Ran;
use super::watch::harmless;
use crate::failure::Failure;
use crate::output;
use outboard_agent::{End, Limit};
use outboard_types::ErrorCode;
use serde_json::{Value, json};
use std::process::ExitCode;

/// How a run ended, with the words of executions.
pub(super) fn status(end: &End) -> &'static str {
    match end {
        End::Answered { .. } => "succeeded",
        End::Limit(_) => "limit_exceeded",
        End::Stopped => "cancelled",
        End::Refused(_) | End::Stuck(_) | End::Failed(_) => "failed",
    }
}

impl Ran {
    pub(super) fn status(&self) -> &'static str {
        status(&self.ended.end)
    }

    pub(super) fn answer(&self) -> Option<&str> {
        if let End::Answered { text, .. } = &self.ended.end { Some(text) } else { None }
    }

    /// Why there is no answer.
    pub(super) fn failure(&self) -> Option<Failure> {
        let go_on = "what was said is kept: `outboard agent --continue` goes on";
        let failure = match &self.ended.end {
            End::Answered { .. } => return None,
            End::Refused(why) => Failure::new(ErrorCode::ModelFailed, format!("the model refuses: {}", harmless(why)))
                .hint("say the task in other words, or ask another model"),
            End::Stuck(how) => Failure::new(ErrorCode::ModelFailed, format!("the model goes round in circles: {how}"))
                .hint("say more exactly what is wanted, or use a stronger model; --continue goes on"),
            End::Limit(limit @ Limit::Turns(_)) => {
                Failure::new(ErrorCode::LimitExceeded, format!("{limit} is reached")).hint(go_on)
            }
            End::Limit(limit) => {
                Failure::new(ErrorCode::BudgetExceeded, format!("the next turn would go over {limit}"))
                    .hint(format!("{go_on} with a higher limit"))
            }
            End::Stopped => Failure::new(ErrorCode::Cancelled, "stopped").hint(go_on),
            End::Failed(error) => Failure::new(ErrorCode::ModelFailed, harmless(&error.to_string())).hint(error.hint()),
        };
        Some(failure)
    }

    /// Everything, for programs.
    pub(super) fn json(&self) -> Value {
        let spent = &self.conversation.spent;
        let calls: Vec<Value> =
            self.calls.iter().map(|(tool, (ok, failed))| json!({"tool": tool, "ok": ok, "failed": failed})).collect();
        let failure = self.failure();
        let cut = matches!(self.ended.end, End::Answered { cut: true, .. });
        json!({
            "id": self.conversation.id,
            "status": self.status(),
            "mode": self.conversation.mode,
            "why": self.why,
            "provider": self.conversation.provider,
            "model": self.conversation.model,
            "answer": self.answer(),
            "cut": cut,
            "error": failure.as_ref().map(Failure::as_json),
            "turns": self.ended.turns,
            "calls": calls,
            "usage": spent.usage,
            "tokens": spent.usage.total(),
            "cost_usd": spent.cost_usd,
            "ledger": self.ended.ledger,
            "direct_equivalent": self.direct_equivalent,
            "estimate": self.estimate,
            "notes": self.notes,
            "wall_ms": self.wall.as_millis() as u64,
        })
    }

    fn took(&self) -> String {
        let (spent, ledger) = (&self.conversation.spent, &self.ended.ledger);
        let calls: u64 = self.calls.values().map(|(ok, failed)| ok + failed).sum();
        let cost = spent.cost_usd.map_or_else(|| "cost not known".to_owned(), |cost| format!("${cost:.4}"));
        let mut text = format!(
            "{} {}: {} turns, {calls} calls, {:.1} s\n\
             by the provider: {} tokens read ({} of them cached), {} written, {cost}\n\
             by our count: {} read; prompt {}, definitions {}, tasks {}, written {}, results {}",
            self.conversation.mode,
            self.conversation.id,
            self.ended.turns,
            self.wall.as_secs_f64(),
            spent.usage.input,
            spent.usage.cached,
            spent.usage.output,
            ledger.read,
            ledger.prompt,
            ledger.definitions,
            ledger.tasks,
            ledger.written,
            ledger.results,
        );
        if self.direct_equivalent > 0 {
            text.push_str(&format!(
                "\nthe programs' calls, made directly, would have put {} tokens into the context",
                self.direct_equivalent
            ));
        }
        text
    }
}

/// Shows one run.
pub(super) fn one(ran: &Ran, json: bool) -> Result<ExitCode, Failure> {
    if json {
        output::json(&ran.json());
        return Ok(code(ran.answer().is_some()));
    }
    output::talk(&ran.took());
    if let End::Answered { text, cut } = &ran.ended.end {
        output::data(harmless(text).trim_end());
        if *cut {
            output::talk("the answer was cut at the most that may be written; raise agent.max_output_tokens");
        }
        return Ok(ExitCode::SUCCESS);
    }
    ran.failure().map_or(Ok(ExitCode::SUCCESS), Err)
}

pub(super) fn code(ok: bool) -> ExitCode {
    if ok { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
