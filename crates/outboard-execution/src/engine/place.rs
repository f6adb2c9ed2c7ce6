//! Where a running program is: the line of its latest call, for those who watch.
//!
//! A program may make thousands of calls in a second, and nobody sees more than some lines in that time. So a line is
//! written down at once if none was for a while, and else the last one when that while is over.

use super::Engine;
use outboard_journal::{Mark, MarkKind};
use outboard_types::now_us;
use std::time::Duration;
use tokio::time::Instant;

/// Lines are written down no more often than this.
const PACE: Duration = Duration::from_millis(200);

/// The latest call and its line, and what of that is written down.
#[derive(Default)]
pub(super) struct Place {
    /// What is to be written down.
    unwritten: Option<(u64, u32)>,
    /// When something was.
    written: Option<Instant>,
}

impl Place {
    fn moves(&mut self, call: u64, line: u32) {
        self.unwritten = Some((call, line));
    }

    /// Takes what is to be written down now.
    fn take(&mut self, now: Instant) -> Option<(u64, u32)> {
        if self.due(now)? > now {
            return None;
        }
        self.written = Some(now);
        self.unwritten.take()
    }

    /// When something is to be written down, seen from now; none where nothing is.
    fn due(&self, now: Instant) -> Option<Instant> {
        self.unwritten?;
        Some(self.written.map_or(now, |at| at + PACE))
    }

    /// Waits until something is to be written down.
    pub(super) async fn is_due(&self) {
        match self.due(Instant::now()) {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }
}

impl Engine {
    /// A line as a worker named it, if the program has one of that number.
    pub(super) fn line(&self, line: Option<u32>) -> Option<u32> {
        line.filter(|line| *line > 0 && *line as usize <= self.lines)
    }

    /// The program made a call, from a line.
    pub(super) fn is_at(&mut self, call: u64, line: Option<u32>) {
        if let Some(line) = line {
            self.place.moves(call, line);
            self.tell_place();
        }
    }

    /// Writes down where the program is, unless that was done just now.
    pub(super) fn tell_place(&mut self) {
        let place = self.place.take(Instant::now());
        self.write_place(place);
    }

    /// Writes down where the program was when its worker went.
    pub(super) fn leave_place(&mut self) {
        let place = self.place.unwritten.take();
        self.write_place(place);
    }

    fn write_place(&self, place: Option<(u64, u32)>) {
        if let Some((call, line)) = place {
            let what = MarkKind::Place { call, line };
            self.deps.journal.mark(Mark { execution: self.id().clone(), at_us: now_us(), what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_line_and_the_last_are_told_and_few_between() {
        let (mut place, mut told) = (Place::default(), Vec::new());
        for call in 1..=1_000_u32 {
            place.moves(u64::from(call), call);
            told.extend(place.take(Instant::now()));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        place.is_due().await;
        told.extend(place.take(Instant::now()));
        assert_eq!((told.first(), told.last()), (Some(&(1, 1)), Some(&(1_000, 1_000))));
        assert!((5..=8).contains(&told.len()), "{told:?}");
        assert_eq!(place.take(Instant::now()), None);
    }
}
