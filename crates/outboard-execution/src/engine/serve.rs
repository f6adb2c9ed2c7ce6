//! Serves the frames of a running program.

use super::Engine;
use super::answers::{Given, failure, queue};
use super::attempt::Attempt;
use super::ends::{End, cancelled, garbage, nondeterminism, over_wall};
use super::happen::{Happened, What};
use super::offline::beyond;
use crate::Hold;
use futures::StreamExt;
use outboard_border::{Notes, Place};
use outboard_journal::Status;
use outboard_sandbox::{Receiver, Sender};
use outboard_types::ToolError;
use outboard_worker_protocol::{FromWorker, ToWorker};
use std::borrow::Cow;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// Answers wait while this many bytes are on their way to the worker.
const QUEUED: usize = 64 << 20;

/// How often to look at a replaying program that says nothing.
const STALL: Duration = Duration::from_millis(250);

/// One that only sleeps at so many looks in a row asks for nothing of its history any more. Looks, not time: a host
/// that was stopped, or got no processor, must not take its own sleep for the program's.
const STALLS: u32 = 8;

/// After how long of only waiting an execution of an earlier process, of which there may be thousands, gives its
/// worker up again.
const TURN: Duration = Duration::from_millis(100);

/// Computing less than this in that time is waiting.
const IDLE: Duration = Duration::from_millis(100);

/// A program that does nothing for so long waits for what its record does not hold.
const QUIET: Duration = Duration::from_millis(400);

/// A longer line of console text is not shown while the program runs.
const LONGEST_SHOWN: usize = 4 << 10;

/// How serving came to its end.
pub(super) enum Served {
    /// The program is over.
    End(End),
    /// The worker went away.
    Lost,
    /// The program only waits, and has waited long: its worker can go.
    Suspend,
}

/// What woke the loop.
enum Woken {
    Cancelled,
    Happened(Happened),
    Frame(FromWorker),
    Gone,
    Garbage(outboard_worker_protocol::FrameError),
    Sent,
    Ended,
    Place,
    Waiting,
    Wall,
    Suspend,
    Stall,
    Beyond,
}

impl Woken {
    /// Whether the program has something to do, or it turned out that it does. Console text alone is no such thing, nor is
    /// a word of life: one that says some from time to time while it waits would keep its worker for ever.
    fn is_news(&self) -> bool {
        match self {
            Self::Happened(_) | Self::Suspend => true,
            Self::Frame(frame) => !matches!(frame, FromWorker::Console { .. } | FromWorker::Ready { .. }),
            _ => false,
        }
    }
}

/// The two directions of a worker's channel.
struct Line {
    /// Whether the worker takes what it is sent.
    reads: bool,
    /// Whether it was seen to have ended while it was not listened to.
    ended: bool,
}

impl Engine {
    /// Serves frames until the program ends, its worker goes away, or it has only waited for long.
    pub(super) async fn serve(
        &mut self,
        attempt: &mut Attempt,
        sender: &mut Sender,
        receiver: &mut Receiver,
        control: &dyn Hold,
    ) -> Served {
        let mut line = Line { reads: true, ended: false };
        let mut waiting = self.run.waiting_approval();
        let mut stalls = 0;
        // Since when the program has been given nothing and asked for nothing.
        let mut quiet = Instant::now();
        loop {
            if self.give_due(attempt, sender).is_none() {
                return Served::Lost;
            }
            self.go_on(attempt);
            if let Some(end) = self.ended_early.take() {
                return Served::End(end);
            }
            let since = Instant::now();
            // Looking costs more than a frame, so only where it may be needed.
            let looks = self.catches_up(attempt) || self.beyond.is_some();
            let cpu = if looks { control.cpu_time() } else { Duration::ZERO };
            let computes = self.pending.is_empty();
            let woken = self.wake(attempt, sender, (receiver, control), &mut waiting, (&mut line, quiet)).await;
            if woken.is_news() {
                quiet = Instant::now();
            }
            if computes {
                self.wall_left = self.wall_left.saturating_sub(since.elapsed());
            }
            match woken {
                Woken::Cancelled => return Served::End(End::Failed(Status::Cancelled, cancelled())),
                Woken::Garbage(error) => return Served::End(End::Failed(Status::Failed, garbage(&error))),
                Woken::Gone => return Served::Lost,
                Woken::Happened(Happened { what: What::Leave, given }) => {
                    self.under_way.remove(&What::Leave);
                    match given {
                        Ok(_) if sender.queue(&ToWorker::Go {}).is_err() => return Served::Lost,
                        Ok(_) => self.has_leave = true,
                        Err(error) => return Served::End(End::Failed(Status::Failed, error)),
                    }
                }
                Woken::Happened(happened) => {
                    if self.happened(attempt, sender, happened).is_none() {
                        return Served::Lost;
                    }
                }
                Woken::Frame(frame) => {
                    stalls = 0;
                    if let FromWorker::Inspected { inspection } = &frame
                        && let Some(end) = self.types_looked_at(inspection.preflight.text.as_deref()).await
                    {
                        return Served::End(end);
                    }
                    if let Some(end) = self.frame(attempt, sender, frame) {
                        return end;
                    }
                }
                Woken::Place => self.tell_place(),
                Woken::Waiting => self.waits(*waiting.borrow_and_update()),
                Woken::Wall => {
                    let error = over_wall(self.deps.limits.wall);
                    return Served::End(End::Failed(Status::LimitExceeded, error));
                }
                Woken::Suspend => {
                    let before = control.cpu_time();
                    tokio::time::sleep(IDLE).await;
                    let turn = self.turn.take();
                    if control.cpu_time().saturating_sub(before) < IDLE / 4 {
                        drop(turn);
                        return Served::Suspend;
                    }
                }
                Woken::Stall
                    if sender.queued() == 0
                        && control.is_asleep()
                        && control.cpu_time().saturating_sub(cpu) < IDLE / 4 =>
                {
                    stalls += 1;
                    if stalls >= STALLS {
                        let error = nondeterminism(attempt.script.expected(), attempt.held.first());
                        return Served::End(End::Failed(Status::Failed, error));
                    }
                }
                Woken::Beyond if control.cpu_time().saturating_sub(cpu) < QUIET / 4 => {
                    return Served::End(beyond(self.beyond.as_deref().unwrap_or_default()));
                }
                Woken::Stall => stalls = 0,
                Woken::Beyond | Woken::Sent | Woken::Ended => {}
            }
        }
    }

    async fn wake(
        &mut self,
        attempt: &Attempt,
        sender: &mut Sender,
        (receiver, control): (&mut Receiver, &dyn Hold),
        waiting: &mut tokio::sync::watch::Receiver<usize>,
        (line, quiet): (&mut Line, Instant),
    ) -> Woken {
        let cancel = self.live.cancel.clone();
        let (idle, replays) = (self.pending.is_empty(), self.catches_up(attempt));
        // Nobody can bring a process back that was not ours.
        let own = self.request.guest.is_none();
        // One that catches up is listened to in any case: it must ask for what goes on before that can be given. So is one
        // that takes no answers, as it may be writing and not read before it is done; and one that ended says no more.
        let stuck = sender.queued() >= QUEUED;
        let listens = replays || line.ended || stuck || !self.under_way.is_full();
        let patience = if self.turn.is_some() { self.deps.suspend_after.min(TURN) } else { self.deps.suspend_after };
        let patience = patience.saturating_sub(quiet.elapsed());
        tokio::select! {
            biased;
            () = cancel.cancelled() => Woken::Cancelled,
            // While the program catches up, nothing new may come in between.
            Some(happened) = self.pending.next(), if !idle && !replays && sender.queued() < QUEUED => {
                Woken::Happened(happened)
            }
            frame = receiver.next(), if listens => match frame {
                Err(error) => Woken::Garbage(error),
                Ok(None) => Woken::Gone,
                Ok(Some(frame)) => Woken::Frame(frame),
            },
            // A worker that stopped reading may still have said how its program ended: go on reading.
            sent = sender.flush(), if line.reads && sender.queued() > 0 => {
                line.reads = sent.is_ok();
                Woken::Sent
            }
            _ = control.wait(), if own && !listens => {
                line.ended = true;
                Woken::Ended
            }
            Ok(()) = waiting.changed() => Woken::Waiting,
            () = self.place.is_due() => Woken::Place,
            () = tokio::time::sleep(self.wall_left), if idle => Woken::Wall,
            () = tokio::time::sleep(QUIET), if !replays && self.beyond.is_some() => Woken::Beyond,
            () = tokio::time::sleep(STALL), if replays => Woken::Stall,
            () = tokio::time::sleep(patience), if own && !idle && !replays => Woken::Suspend,
        }
    }

    /// Whether the program is not where it was before: it has not been given all that is recorded, or not asked yet
    /// for what went on while no worker ran. What is answered then must not get lost for want of somebody to give it to.
    fn catches_up(&self, attempt: &Attempt) -> bool {
        let mut open = self.under_way.iter().filter(|what| **what != What::Leave);
        attempt.script.is_replaying() || open.any(|what| !attempt.frames.contains_key(what))
    }

    /// Gives the program what is recorded and due, as far as the worker takes it; `None` when the worker is gone.
    fn give_due(&mut self, attempt: &mut Attempt, sender: &mut Sender) -> Option<()> {
        while sender.queued() < QUEUED
            && let Some(due) = attempt.script.due()
        {
            attempt.clock_ms = attempt.clock_ms.max(due.at_ms);
            let given = self.loaded(due.outcome.clone());
            if let Some((server, tool)) = due.call.and_then(|call| attempt.names.get(&call)) {
                self.tally.call(server, tool, given.as_ref().err());
                if let (Some(border), Ok(answer)) = (&self.deps.border, &given) {
                    let place = Place::of(self.run.context());
                    border.remember(&place, server, tool, answer);
                    let mut crossed = self.crossed.lock().unwrap_or_else(PoisonError::into_inner);
                    border.note_recorded(&place, server, tool, answer, &mut crossed);
                }
                let outcome = given.as_ref().map(|value| value.get().len() as u64).map_err(Clone::clone);
                self.show(&due, server, tool, outcome);
            }
            self.count_answer(attempt, &given);
            queue(sender, due.frame, due.at_ms, given)?;
        }
        Some(())
    }

    fn happened(&mut self, attempt: &mut Attempt, sender: &mut Sender, happened: Happened) -> Option<()> {
        let Happened { what, given } = happened;
        self.under_way.remove(&what);
        // Nobody has to wait for the disk: what follows from this answer is written after it.
        let (at_ms, _) = self.record(what, &given);
        attempt.clock_ms = attempt.clock_ms.max(at_ms);
        if let What::Call(number) = what
            && let Some((server, tool)) = attempt.names.get(&number)
        {
            self.tally.call(server, tool, given.as_ref().err());
            self.live.progress(self.run.made(), "");
        }
        self.count_answer(attempt, &given);
        match attempt.frames.remove(&what) {
            Some(frame) => queue(sender, frame, at_ms, given),
            None => Some(()),
        }
    }

    /// One answer too many ends the program, at the next turn.
    fn count_answer(&mut self, attempt: &mut Attempt, given: &Given) {
        if let Err(error) = attempt.asked.answered(given, &self.deps.limits) {
            self.ended_early.get_or_insert(End::Failed(Status::LimitExceeded, error));
        }
    }

    /// So many calls wait for a person now.
    fn waits(&self, calls: usize) {
        self.live.waits(calls);
        self.say(if calls > 0 { Status::WaitingApproval } else { Status::Running });
    }

    fn frame(&mut self, attempt: &mut Attempt, sender: &mut Sender, frame: FromWorker) -> Option<Served> {
        if let Err(error) = attempt.asked.note(&frame, &self.deps.limits) {
            return Some(Served::End(End::Failed(Status::LimitExceeded, error)));
        }
        match frame {
            FromWorker::Ready { .. } => {}
            FromWorker::Call { id, server, tool, arguments, line } => {
                if let Err(error) = self.call(attempt, (id, line), (server, tool), arguments) {
                    return refuse(sender, id, error);
                }
            }
            FromWorker::Search { id, arguments } => {
                if let Err(error) = self.search(attempt, id, arguments) {
                    return refuse(sender, id, error);
                }
            }
            FromWorker::Timer { id, ms } => self.timer(attempt, id, ms),
            FromWorker::Fetch { id, request } => {
                if let Err(error) = self.fetch(attempt, id, request) {
                    return refuse(sender, id, error);
                }
            }
            FromWorker::Inspected { .. } if std::mem::replace(&mut attempt.inspected, true) => {
                return Some(Served::End(End::Failed(
                    Status::Failed,
                    garbage(&"it said twice what the program holds"),
                )));
            }
            FromWorker::Inspected { inspection } => match self.inspected(inspection, attempt) {
                None => {
                    self.note_skills();
                    return self.let_go(attempt, sender);
                }
                Some(end) => return Some(Served::End(end)),
            },
            FromWorker::Console { text, .. } => {
                let kept = self.tally.console(&text);
                self.live.progress(self.run.made(), &self.shown(kept));
            }
            FromWorker::Result { value, dropped_bytes } => {
                self.tally.dropped(dropped_bytes);
                // What it asked for and was not given yet is no other way than before.
                while attempt.script.due().is_some() {}
                if let Some(left) = attempt.script.expected() {
                    let error = nondeterminism(Some(left), None);
                    return Some(Served::End(End::Failed(Status::Failed, error)));
                }
                return Some(Served::End(End::Result(value)));
            }
            FromWorker::Error { error, dropped_bytes } => {
                self.tally.dropped(dropped_bytes);
                return Some(Served::End(End::Trouble(error)));
            }
        }
        None
    }

    /// Console text as it may be shown while the program runs: whole lines, as half of a value is not recognised, and
    /// none so long that searching it would hold anybody up.
    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(border) = &self.deps.border else { return Cow::Borrowed(text) };
        let Some((lines, _)) = text.rsplit_once('\n') else { return Cow::Borrowed("") };
        let last = lines.lines().next_back().filter(|line| line.len() <= LONGEST_SHOWN).unwrap_or_default();
        Cow::Owned(border.text(&Place::of(self.run.context()), last, "progress", &mut Notes::default()))
    }
}

/// Refuses a request at once; it is part of no history, because it is refused every time.
fn refuse(sender: &mut Sender, id: u64, error: ToolError) -> Option<Served> {
    sender.queue(&ToWorker::Fail { id, error: failure(error) }).is_err().then_some(Served::Lost)
}
