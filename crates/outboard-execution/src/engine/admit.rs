//! Whether a program may run: by what it holds, and by leave of a person.

use super::Engine;
use super::attempt::Attempt;
use super::ends::End;
use super::happen::What;
use super::serve::Served;
use crate::inspection::Findings;
use crate::preflight::Verdict;
use crate::traced;
use outboard_journal::{MarkKind, Status};
use outboard_sandbox::Sender;
use outboard_worker_protocol::{Inspection, ToWorker};

impl Engine {
    /// Lets the program run, once a person agreed where that is needed. One that ran before has its leave.
    pub(super) fn let_go(&mut self, attempt: &Attempt, sender: &mut Sender) -> Option<Served> {
        let asked = self.under_way.contains(&What::Leave);
        let wanted = if self.has_leave || attempt.script.was_resumed() { None } else { self.leave() };
        match wanted {
            Some(_) if asked => None,
            Some(work) => {
                self.begin(What::Leave, work);
                None
            }
            None => sender.queue(&ToWorker::Go {}).is_err().then_some(Served::Lost),
        }
    }

    /// Looks at what a program holds; the end, where it may not run.
    pub(super) fn inspected(&mut self, mut inspection: Inspection, attempt: &Attempt) -> Option<End> {
        let (code, catalogue) = (&self.request.code, &self.surface.catalogue);
        let said = std::mem::take(&mut self.said);
        let verdict = Verdict::new(std::mem::take(&mut inspection.preflight), said, catalogue);
        self.findings = Findings::new(inspection, code, catalogue);
        self.findings.notes.clone_from(&verdict.notes);
        self.findings.types.clone_from(&verdict.types);
        self.findings.alert(&self.live.id);
        if let Err(error) = self.deps.inspection.check(&self.findings) {
            self.note_preflight(attempt, Some(error.code.as_str()));
            return Some(End::Failed(Status::Failed, error));
        }
        // One that ran before goes on by its record, whatever was listed since.
        let judged = self.deps.inspection.preflight && !attempt.script.was_resumed() && !self.is_offline();
        let refusal = verdict.refusal(code, self.request.language, catalogue).filter(|_| judged);
        self.note_preflight(attempt, refusal.as_ref().map(|trouble| trouble.code.as_str()));
        refusal.map(End::Trouble)
    }

    /// Notes how long the program was looked at, for the trace; where it runs again, that is no news.
    fn note_preflight(&self, attempt: &Attempt, refused: Option<&str>) {
        if attempt.script.was_resumed() || self.is_offline() {
            return;
        }
        let took = attempt.watch.running();
        let what = MarkKind::Preflight { took_us: took.as_micros() as u64, refused: refused.map(str::to_owned) };
        traced::note(&self.deps.journal, self.id(), took, what);
    }
}
