//! The sandbox with the real workers in it; the jails of attacks are in `jail`.

use crate::guests::{self, Ran};
use crate::jail::interpreter;
use crate::spawner;
use anyhow::{Context, Result, bail};
use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, Tier};
use outboard_types::Language;
use outboard_worker_protocol::ToWorker;
use std::path::PathBuf;
use std::time::Duration;

/// The engine of the numeric programs.
pub(crate) const NUMERIC: &str = "numeric";

/// How long a jailed program may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts a sandbox, and says its tier, with the real workers: TypeScript, Python, bash, and Python with an environment of its own.
pub(crate) async fn start(typescript: PathBuf, numeric: PathBuf, bash: PathBuf) -> Result<(Sandbox, String)> {
    let engine = |name: &str, language, kind| Engine { name: name.to_owned(), language, kind };
    let python = |interpreter: PathBuf| EngineKind::Python {
        interpreter,
        worker: guests::PYTHON,
        packages: Vec::new(),
        preload: Vec::new(),
    };
    let engines = vec![
        engine("typescript", Language::TypeScript, EngineKind::Program { path: typescript }),
        engine("python", Language::Python, python(interpreter()?)),
        engine("bash", Language::Bash, EngineKind::Bash { guest: bash }),
        engine(NUMERIC, Language::Python, python(numeric)),
    ];
    let limits = Limits { memory_bytes: 1 << 30, ..Limits::default() };
    let options =
        Options { engines, pool: PoolSize::default(), limits, minimum: Tier::A, spawner: spawner::command()? };
    let sandbox = Sandbox::start(options).await?;
    let isolation = sandbox.ready().await.context("no jail: run as root, or allow user namespaces")?;
    let tier = isolation.tier.map_or_else(|| "?".to_owned(), |tier| tier.to_string());
    Ok((sandbox, tier))
}

/// Runs one program to its end.
pub(crate) async fn run(sandbox: &Sandbox, language: Language, engine: &str, start: &ToWorker) -> Result<Ran> {
    let grant = Grant { engine: Some(engine.to_owned()), ..Grant::new(language) };
    let (mut sender, mut receiver, control) = sandbox.worker(grant).await?.split();
    let talk = async {
        sender.send(start).await?;
        let mut ran = Ran::default();
        while let Some(message) = receiver.next().await? {
            if ran.take(message) {
                return Ok(ran);
            }
        }
        bail!("the jailed worker ended without a last frame: {:?}", control.wait().await.reason)
    };
    tokio::time::timeout(PATIENCE, talk).await.context("the jailed worker gave no answer in time")?
}
