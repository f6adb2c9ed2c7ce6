//! Keeps a spawner running: starts another when one dies, and stops when they keep dying.
//!
//! Never here: workers. Those of a dead spawner are dead too, and their ends are reported by [`Link`].

use crate::error::SandboxError;
use crate::layers::Isolation;
use crate::link::Link;
use crate::message::Setup;
use crate::sys::fds;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::time::Instant;

/// A spawner that lived this long is no sign of trouble when it dies.
const LONG_LIFE: Duration = Duration::from_secs(60);
/// Spawners that may die young in a row before no more are started.
const MOST_DEATHS: u32 = 5;
/// The wait before the first new one; it doubles with each death.
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// The spawner of one sandbox, whichever process that is at the moment.
pub(crate) struct Keeper {
    command: Vec<OsString>,
    setup: Setup,
    texts: Vec<&'static [u8]>,
    isolation: Isolation,
    current: Mutex<Current>,
    /// Held while a new spawner is started, so that there is one at a time.
    deaths: AsyncMutex<Deaths>,
}

struct Current {
    link: Arc<Link>,
    end: Option<oneshot::Receiver<()>>,
    closed: bool,
}

/// Deaths of spawners soon after their start.
struct Deaths {
    count: u32,
    started: Instant,
}

impl Deaths {
    /// Counts one more death; `None` when there were too many in a row.
    fn wait(&mut self, now: Instant) -> Option<Duration> {
        if now.duration_since(self.started) >= LONG_LIFE {
            self.count = 0;
        }
        if self.count == MOST_DEATHS {
            return None;
        }
        self.count += 1;
        Some(FIRST_WAIT * 2_u32.pow(self.count - 1))
    }
}

impl Keeper {
    /// Starts the first spawner; what it says about the layers holds for all later ones.
    pub(crate) async fn start(
        command: Vec<OsString>,
        setup: Setup,
        texts: Vec<&'static [u8]>,
    ) -> Result<Self, SandboxError> {
        let (link, end, isolation) = launch(&command, &setup, &texts).await?;
        let current = Mutex::new(Current { link, end: Some(end), closed: false });
        let deaths = AsyncMutex::new(Deaths { count: 0, started: Instant::now() });
        Ok(Self { command, setup, texts, isolation, current, deaths })
    }

    /// Which layers the spawner puts on.
    pub(crate) fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// The living spawner; a dead one is replaced first.
    pub(crate) async fn link(&self) -> Result<Arc<Link>, SandboxError> {
        if let Some(link) = self.living()? {
            return Ok(link);
        }
        let mut deaths = self.deaths.lock().await;
        match self.living()? {
            Some(link) => Ok(link),
            None => self.replace(&mut deaths).await,
        }
    }

    /// Ends the spawner for good; the receiver completes when its process has ended.
    pub(crate) fn close(&self) -> Option<oneshot::Receiver<()>> {
        let mut current = self.current();
        current.closed = true;
        current.link.hang_up();
        current.end.take()
    }

    async fn replace(&self, deaths: &mut Deaths) -> Result<Arc<Link>, SandboxError> {
        let wait = deaths.wait(Instant::now()).ok_or_else(dying)?;
        tracing::warn!(death = deaths.count, "the spawner has died and its workers with it; starting another");
        tokio::time::sleep(wait).await;
        let (link, end, isolation) = launch(&self.command, &self.setup, &self.texts).await?;
        deaths.started = Instant::now();
        let mut current = self.current();
        if current.closed || isolation != self.isolation {
            link.hang_up();
            let problem =
                if current.closed { "the sandbox is shut down" } else { "a new one has other layers; restart" };
            return Err(SandboxError::Spawner(problem.to_owned()));
        }
        (current.link, current.end) = (link.clone(), Some(end));
        Ok(link)
    }

    fn living(&self) -> Result<Option<Arc<Link>>, SandboxError> {
        let current = self.current();
        if current.closed {
            return Err(SandboxError::Spawner("the sandbox is shut down".to_owned()));
        }
        Ok((!current.link.is_gone()).then(|| current.link.clone()))
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Launched = (Arc<Link>, oneshot::Receiver<()>, Isolation);

async fn launch(command: &[OsString], setup: &Setup, texts: &[&'static [u8]]) -> Result<Launched, SandboxError> {
    let texts = texts.iter().map(|text| fds::memory_file(text)).collect::<Result<Vec<_>, _>>()?;
    let (link, end) = Link::start(command).await?;
    let (tier, layers) = link.set_up(setup.clone(), &texts).await.inspect_err(|_| link.hang_up())?;
    Ok((link, end, Isolation::new(tier, layers)))
}

fn dying() -> SandboxError {
    SandboxError::Spawner(format!(
        "it died {MOST_DEATHS} times in a row, each within {LONG_LIFE:?} of its start; no more are started until \
         then; look for the reason in the kernel's log (out of memory?)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_in_a_row_are_counted_and_forgotten_after_a_long_life() {
        let started = Instant::now();
        let mut deaths = Deaths { count: 0, started };
        let waits: Vec<_> = (0..=MOST_DEATHS).map(|_| deaths.wait(started)).collect();
        assert_eq!(waits[0], Some(FIRST_WAIT));
        assert_eq!(waits[4], Some(FIRST_WAIT * 16));
        assert_eq!(waits[5], None);
        assert_eq!(deaths.wait(started + LONG_LIFE), Some(FIRST_WAIT));
    }
}
