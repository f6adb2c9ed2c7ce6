//! The sandbox as its owner sees it: starts in the background, hands out workers.

use crate::error::SandboxError;
use crate::grant::Grant;
use crate::layers::Isolation;
use crate::options::{Limits, Options};
use crate::running::Running;
use crate::worker::Worker;
use outboard_types::Language;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

type Outcome = Result<Arc<Running>, Arc<SandboxError>>;

/// Starts workers and keeps idle ones. Dropping it ends the spawner and every worker.
#[derive(Debug)]
pub struct Sandbox {
    outcome: watch::Receiver<Option<Outcome>>,
    closed: Arc<AtomicBool>,
    limits: Limits,
}

impl Sandbox {
    /// Begins to start the spawner and to prove that a jail can be put up, and returns at once. What fails there
    /// fails [`Self::ready`] and every [`Self::worker`]: there is no weaker mode to fall back to than
    /// [`Options::minimum`] allows.
    ///
    /// # Errors
    /// Where no engine is configured.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let (tell, outcome) = watch::channel(None);
        let closed = Arc::new(AtomicBool::new(false));
        let (is_closed, limits) = (closed.clone(), options.limits);
        tokio::spawn(async move {
            let proven = Running::prove(options).await.map(Arc::new).map_err(Arc::new);
            let running = proven.as_ref().ok().cloned();
            tell.send_replace(Some(proven));
            // The owner closes what it sees; what it left too early to see is closed here.
            if let Some(running) = running.filter(|_| is_closed.load(Ordering::SeqCst)) {
                running.close();
            }
        });
        Ok(Self { outcome, closed, limits })
    }

    /// Waits until the jail is proven, and says how strong it is.
    ///
    /// # Errors
    /// If a mandatory layer is missing, the machine is weaker than demanded, or no engine can be used. Where one of
    /// several cannot, [`Self::worker`] says why to whoever asks for it.
    pub async fn ready(&self) -> Result<Isolation, SandboxError> {
        Ok(self.running().await?.isolation().clone())
    }

    /// A worker with exactly this grant: an idle one if there is one, else a new one.
    ///
    /// Limits count from here. More workers of the engine are started in the background. A cancelled request
    /// leaves no worker behind.
    pub async fn worker(&self, grant: Grant) -> Result<Worker, SandboxError> {
        self.running().await?.worker(&grant).await
    }

    /// Says that a program of this language, for this folder, is on its way: an idle worker that has the folder looks out
    /// for it, for [`outboard_worker_protocol::AWAKE`], so that its own wake-up passes while the host still looks at the program.
    pub fn wake(&self, language: Language, folder: &Path) {
        if let Some(Ok(running)) = &*self.outcome.borrow() {
            running.wake(language, folder);
        }
    }

    /// Starts idle workers for this grant in the background, before they are asked for.
    ///
    /// # Errors
    /// If the sandbox runs and the grant cannot be met. Before that, the first worker says so.
    pub fn warm(&self, grant: &Grant) -> Result<(), SandboxError> {
        if let Some(Ok(running)) = &*self.outcome.borrow() {
            return running.warm(grant);
        }
        let (mut outcome, grant) = (self.outcome.clone(), grant.clone());
        tokio::spawn(async move {
            if let Ok(Ok(running)) = proven(&mut outcome).await
                && let Err(error) = running.warm(&grant)
            {
                tracing::debug!(%error, "no idle workers are started for a grant");
            }
        });
        Ok(())
    }

    /// What every worker may use up, for messages that name a limit.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many idle workers of the grant's engine are ready now.
    pub fn idle(&self, grant: &Grant) -> usize {
        match &*self.outcome.borrow() {
            Some(Ok(running)) => running.idle(grant),
            _ => 0,
        }
    }

    /// How many idle workers of all engines are ready now.
    pub fn idle_in_all(&self) -> usize {
        match &*self.outcome.borrow() {
            Some(Ok(running)) => running.idle_in_all(),
            _ => 0,
        }
    }

    /// Which layers are on, as far as that is proven by now; [`Self::ready`] waits for it.
    pub fn describe(&self) -> Isolation {
        match &*self.outcome.borrow() {
            Some(Ok(running)) => running.isolation().clone(),
            _ => Isolation::default(),
        }
    }

    /// Kills every worker and waits until the spawner has ended.
    pub async fn shutdown(self) {
        let Ok(running) = self.running().await else { return };
        if let Some(end) = running.close() {
            let _ = end.await;
        }
    }

    async fn running(&self) -> Result<Arc<Running>, SandboxError> {
        let mut outcome = self.outcome.clone();
        let outcome = proven(&mut outcome).await;
        outcome
            .map_err(|()| SandboxError::Spawner("the sandbox did not start".to_owned()))?
            .map_err(|error| error.again())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(Ok(running)) = &*self.outcome.borrow() {
            running.close();
        }
    }
}

/// What became of the start; an error when nobody will ever tell.
async fn proven(outcome: &mut watch::Receiver<Option<Outcome>>) -> Result<Outcome, ()> {
    let told = outcome.wait_for(Option::is_some).await.map_err(drop)?;
    told.clone().ok_or(())
}
