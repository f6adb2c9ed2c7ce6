//! What the sandbox needs to know.

use super::{Pool, SPAWNER};
use crate::failure::Failure;
use crate::folders;
use outboard_config::{EngineSettings, GuestSettings, Settings};
use outboard_egress::Egress;
use outboard_execution::StateFolder;
use outboard_sandbox::{Engine, EngineKind, FileGrant, GrantMark, Guest, Limits, PoolSize, Tier};
use outboard_types::{ErrorCode, Language};
use std::path::PathBuf;

/// What the sandbox needs: the worker beside this program, and CPython from the settings or the path.
pub(crate) fn sandbox_options(settings: &Settings, pool: Pool) -> Result<outboard_sandbox::Options, Failure> {
    let program = std::env::current_exe()?;
    let worker = program.with_file_name("outboard-worker");
    if !worker.exists() {
        return Err(Failure::new(ErrorCode::SandboxUnavailable, format!("{} is missing", worker.display()))
            .hint("it belongs beside the program: `cargo xtask install` or a release brings all programs, `cargo build --package outboard-worker` builds it"));
    }
    Ok(outboard_sandbox::Options {
        engines: engines(settings, worker),
        pool: match pool {
            Pool::Warm => PoolSize { min: settings.sandbox.pool_size, max: settings.sandbox.pool_max },
            Pool::None => PoolSize::default(),
        },
        minimum: if settings.sandbox.tier_b { Tier::B } else { Tier::A },
        limits: worker_limits(settings),
        spawner: vec![program.into_os_string(), SPAWNER.into()],
    })
}

/// The limits of each program.
pub(crate) fn worker_limits(settings: &Settings) -> Limits {
    Limits {
        cpu: settings.sandbox.cpu,
        wall: settings.sandbox.wall,
        memory_bytes: settings.sandbox.memory_mb << 20,
        processes: settings.sandbox.processes,
        open_files: settings.sandbox.open_files,
        disk_bytes: settings.sandbox.disk_mb << 20,
        disk_files: settings.sandbox.disk_files,
        ..Limits::default()
    }
}

/// TypeScript always; Python and bash where they are; further engines as they are configured.
fn engines(settings: &Settings, worker: PathBuf) -> Vec<Engine> {
    let engine = |language: Language, kind| Engine { name: language.as_str().to_owned(), language, kind };
    let guest = worker.with_file_name("outboard-bash");
    let bash = guest.is_file() && on_path("bash").is_some();
    [engine(Language::TypeScript, EngineKind::Program { path: worker })]
        .into_iter()
        .chain(python(settings).map(|kind| engine(Language::Python, kind)))
        .chain(bash.then(|| engine(Language::Bash, EngineKind::Bash { guest })))
        .chain(settings.sandbox.engines.iter().map(|(name, given)| further(name, given)))
        .collect()
}

/// An engine of somebody else, with a guest of ours or of theirs.
fn further(name: &str, given: &EngineSettings) -> Engine {
    let (guest, usual) = match &given.guest {
        GuestSettings::Bun => (Guest::Text(outboard_external::BUN), outboard_external::BUN_ARGS),
        GuestSettings::Deno => (Guest::Text(outboard_external::DENO), outboard_external::DENO_ARGS),
        GuestSettings::Program => (Guest::Program, &[][..]),
        GuestSettings::File(path) => (Guest::File(path.clone()), &[][..]),
    };
    let args = given.args.clone().unwrap_or_else(|| usual.iter().map(|word| (*word).to_owned()).collect());
    let (program, needs) = (given.program.clone(), given.needs.clone());
    let kind = EngineKind::External { program, args, guest, needs };
    let language = given.language.unwrap_or(Language::TypeScript);
    Engine { name: name.to_owned(), language, kind }
}

fn python(settings: &Settings) -> Option<EngineKind> {
    let given = &settings.sandbox.python;
    let interpreter = given.interpreter.clone().or_else(|| on_path("python3"))?;
    let (packages, preload) = (given.packages.clone(), given.preload.clone());
    Some(EngineKind::Python { interpreter, worker: outboard_python::WORKER, packages, preload })
}

/// The folders that programs may see beside their own. What Outboard itself lives in is never among them.
pub(super) fn files(settings: &Settings) -> Result<Vec<FileGrant>, Failure> {
    // What programs made whose host ended before it could look must not be taken for the user's own.
    let marks = StateFolder::new(&settings.state_dir).grant_marks();
    GrantMark::disarm_left(&marks).iter().for_each(|one| one.tell("an earlier host"));
    let own = [Some(settings.state_dir.clone()), settings.privacy.key_file.clone(), folders::config(), folders::data()];
    let secret: Vec<PathBuf> = settings.files.iter().cloned().chain(own.into_iter().flatten()).collect();
    // Accepted definitions are no secret.
    let obeyed: Vec<PathBuf> = secret.iter().cloned().chain([settings.policy.lock.clone()]).collect();
    let grant = |file: &outboard_config::FileSettings| {
        let protected = if file.writable { &obeyed } else { &secret };
        FileGrant::checked(&file.source, &file.target, file.writable, protected).map_err(|error| {
            let key = if file.writable { "sandbox.files.write" } else { "sandbox.files.read" };
            Failure::new(ErrorCode::InvalidSettings, format!("{key}.{:?}: {error}", file.target))
        })
    };
    settings.sandbox.files.iter().map(grant).collect()
}

/// The network that programs may reach, where the settings grant any.
pub(super) fn egress(settings: &Settings) -> Result<Option<Egress>, Failure> {
    let given = &settings.sandbox.network;
    if given.allow.is_empty() && given.allow_private.is_empty() {
        return Ok(None);
    }
    let options = outboard_egress::Options {
        allow: given.allow.clone(),
        allow_private: given.allow_private.clone(),
        bandwidth: given.bandwidth,
        ..outboard_egress::Options::default()
    };
    Egress::new(options)
        .map(Some)
        .map_err(|error| Failure::new(ErrorCode::InvalidSettings, format!("sandbox.network: {error}")))
}

/// A program of this name in the folders of `PATH`.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
