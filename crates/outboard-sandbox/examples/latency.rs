//! Prints what isolation costs here: `cargo run --release --package outboard-sandbox --example latency -- [COUNT] [PART]
//! [MODULES]`, where PART is `starts`, `hits` or `rate`. With MODULES, such as `numpy,pandas`, Python alone is measured, with
//! these imported before a program comes.
//!
//! Plain execution and bubblewrap are measured in the same run, block by block with ours, so that a busy machine is busy
//! for all. Processor time is steadier than time by the clock there. The programs must be built: see [`support::built`].

mod support;

use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, Tier, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use support::{Failed, built, number, report, table, used};

/// The programs whose times are taken.
struct Programs {
    language: Language,
    /// Says when its first statement ran. Jails and host have one clock, so no worker needs a part that tells.
    first: &'static str,
    /// Its first statement is seen at the host.
    call: &'static str,
    /// Nothing but a result.
    trivial: &'static str,
}

const LANGUAGES: [Programs; 2] = [
    Programs {
        language: Language::TypeScript,
        first: "return performance.timeOrigin + performance.now()",
        call: "await callMCPTool('a', 'b', {})",
        trivial: "return 1 + 1",
    },
    Programs {
        language: Language::Python,
        first: "__import__('time').time() * 1e3",
        call: "call_mcp_tool('a', 'b', {})",
        trivial: "1 + 1",
    },
];

struct Setting {
    spawner: OsString,
    worker: PathBuf,
    python: PathBuf,
    script: PathBuf,
    count: usize,
    preload: Vec<String>,
    folders: tempfile::TempDir,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failed> {
    // In a task, as executions are: the thread that waits for a runtime is woken by another one.
    tokio::spawn(measured()).await?
}

async fn measured() -> Result<ExitCode, Failed> {
    if Command::new("bwrap").arg("--version").stdout(Stdio::null()).status().is_err() {
        report("bubblewrap is missing, which this compares with: apt-get install bubblewrap");
        return Ok(ExitCode::FAILURE);
    }
    let setting = setting()?;
    let wanted = std::env::args().nth(2);
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    if is_wanted("starts") {
        processes(&setting).await?;
    }
    for programs in setting.languages().filter(|_| is_wanted("hits")) {
        hits(&setting, programs).await?;
        memory(&setting, programs.language).await?;
    }
    if is_wanted("rate") {
        sustained(&setting).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn setting() -> Result<Setting, Failed> {
    let folders = tempfile::tempdir()?;
    for name in ["servers/.api", "skills", "workspace"] {
        std::fs::create_dir_all(folders.path().join(name))?;
    }
    std::fs::write(folders.path().join("servers/.api/index.json"), index())?;
    let script = folders.path().join("worker.py");
    std::fs::write(&script, outboard_python::WORKER)?;
    let spawner = built("outboard-spawner", "outboard-sandbox")?.into_os_string();
    let worker = built("outboard-worker", "outboard-worker")?;
    let modules = std::env::args().nth(3).unwrap_or_default();
    let preload = modules.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    Ok(Setting { spawner, worker, python: "python3".into(), script, count: number(1, 200), preload, folders })
}

/// The names of some servers, as a worker finds them.
fn index() -> String {
    let entry =
        |name: &str| format!(r#"{{"server":"{name}","folder":"{name}","namespace":"{name}","package":"{name}"}}"#);
    let names = ["crm", "deploys", "drive", "logs", "mail", "notes", "sales", "tickets"];
    format!("[{}]", names.map(entry).join(","))
}

impl Setting {
    fn languages(&self) -> impl Iterator<Item = &'static Programs> {
        LANGUAGES.iter().filter(|programs| self.preload.is_empty() || programs.language == Language::Python)
    }

    async fn sandbox(&self, max: usize) -> Result<Sandbox, Failed> {
        let engine = |language: Language, kind| Engine { name: language.as_str().to_owned(), language, kind };
        let python = EngineKind::Python {
            interpreter: self.python.clone(),
            worker: outboard_python::WORKER,
            packages: Vec::new(),
            preload: self.preload.clone(),
        };
        let typescript = EngineKind::Program { path: self.worker.clone() };
        let options = Options {
            engines: vec![engine(Language::TypeScript, typescript), engine(Language::Python, python)],
            pool: PoolSize { min: max.min(2), max },
            limits: Limits::default(),
            minimum: Tier::A,
            spawner: vec![self.spawner.clone()],
        };
        let start = Instant::now();
        let sandbox = Sandbox::start(options).await?;
        let begun = start.elapsed();
        sandbox.ready().await?;
        report(&format!("start of a sandbox: returned after {begun:.1?}, proven after {:.1?}", start.elapsed()));
        Ok(sandbox)
    }

    /// What a session is granted.
    fn grant(&self, language: Language) -> Grant {
        let at = |name: &str| self.folders.path().join(name);
        let grant = Grant::new(language).read_only(&at("servers"), "/servers");
        grant.writable(&at("workspace"), "/workspace").writable(&at("skills"), "/skills")
    }

    fn command(&self, language: Language) -> Vec<OsString> {
        match language {
            Language::Python => {
                let words = [&self.python, Path::new("-I"), Path::new("-B"), &self.script];
                words.map(OsString::from).into_iter().chain(self.preload.iter().map(OsString::from)).collect()
            }
            _ => vec![self.worker.clone().into()],
        }
    }
}

/// What one way to start took: time by the clock of each, ticks of the processor for all.
#[derive(Default)]
struct Way {
    times: Vec<Duration>,
    ticks: u64,
}

/// Fresh processes until they say that they are ready: bare, in bubblewrap, in the jail.
async fn processes(setting: &Setting) -> Result<(), Failed> {
    const BLOCKS: usize = 5;
    let sandbox = setting.sandbox(0).await?;
    let wrap = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-all", "--die-with-parent", "--"];
    for language in setting.languages().map(|programs| programs.language) {
        // The first one starts the template, which all others have.
        drop(sandbox.worker(setting.grant(language)).await?);
        let [mut plain, mut wrapped, mut jailed] = [(); 3].map(|()| Way::default());
        for _ in 0..BLOCKS {
            for (way, wrapper) in [(&mut plain, &[][..]), (&mut wrapped, &wrap[..])] {
                let before = used();
                for _ in 0..setting.count.div_ceil(BLOCKS) {
                    way.times.push(until_ready(wrapper, &setting.command(language))?);
                }
                way.ticks += used().saturating_sub(before);
            }
            let before = used();
            for _ in 0..setting.count.div_ceil(BLOCKS) {
                let start = Instant::now();
                let worker = sandbox.worker(setting.grant(language)).await?;
                jailed.times.push(start.elapsed());
                let (_, _, control) = worker.split();
                control.kill();
                control.wait().await;
            }
            jailed.ticks += used().saturating_sub(before);
        }
        let ways = [
            ("plain process, to ready", plain),
            ("bubblewrap, to ready", wrapped),
            ("jail with three folders, to ready", jailed),
        ];
        for (name, way) in ways {
            let each = way.ticks as f64 * 10.0 / way.times.len() as f64;
            table(&format!("{}: {name}", language.as_str()), way.times);
            // Bubblewrap does not wait for what it starts, so nobody is told what that used.
            if !name.starts_with("bubblewrap") {
                report(&format!("{:<46} {each:.1} ms of processor time each", ""));
            }
        }
    }
    sandbox.shutdown().await;
    Ok(())
}

/// Starts a command with a socket on descriptor 3 and waits for its first bytes.
fn until_ready(wrapper: &[&str], command: &[OsString]) -> Result<Duration, Failed> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let words: Vec<OsString> = wrapper.iter().map(OsString::from).chain(command.iter().cloned()).collect();
    // The socket goes in as standard input, and a shell moves it: this program has no unsafe code to do so.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec 3<&0 0</dev/null; exec \"$@\"", "place"]).args(words);
    shell.stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = shell.spawn()?;
    drop(shell);
    ours.set_read_timeout(Some(Duration::from_secs(10)))?;
    ours.read_exact(&mut [0; 5])?;
    let taken = start.elapsed();
    // It ends by itself, so that what it took is told to its parents.
    drop(ours);
    child.wait()?;
    Ok(taken)
}

/// What the host does between a request and the hand-out, where it says at the request that a program comes.
const LEAD: Duration = Duration::from_micros(300);

/// Idle workers, from the moment at which a program comes: until one is handed out with its folders, until the first
/// statement runs, until a call of it is here, until the result is.
async fn hits(setting: &Setting, programs: &Programs) -> Result<(), Failed> {
    let sandbox = setting.sandbox(2).await?;
    let grant = setting.grant(programs.language);
    let ways = [
        ("first statement", programs.first, false, Duration::ZERO),
        ("first statement, after it was looked at", programs.first, true, Duration::ZERO),
        ("first statement, told 0.3 ms before", programs.first, false, LEAD),
        ("first statement, told before and looked at", programs.first, true, LEAD),
        ("a call in the first statement", programs.call, false, Duration::ZERO),
        ("result", programs.trivial, false, Duration::ZERO),
    ];
    let (mut handed, mut times) = (Vec::new(), ways.map(|_| Vec::new()));
    for turn in 0..setting.count * ways.len() {
        while sandbox.idle(&grant) < 2 {
            sandbox.warm(&grant)?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (_, code, hold, lead) = ways[turn % ways.len()];
        let told = Instant::now();
        if !lead.is_zero() {
            sandbox.wake(programs.language, &setting.folders.path().join("workspace"));
        }
        // The host has something to do meanwhile, so its thread does not sleep.
        while told.elapsed() < lead {
            std::hint::spin_loop();
        }
        let (start, by_clock) = (Instant::now(), SystemTime::now());
        let worker = sandbox.worker(grant.clone()).await?;
        handed.push(start.elapsed());
        let value = run(worker, code, hold).await?;
        times[turn % ways.len()].push(match value.filter(|_| code == programs.first) {
            Some(at) => at.saturating_sub(by_clock.duration_since(SystemTime::UNIX_EPOCH)?),
            None => start.elapsed(),
        });
        // The worker that takes its place starts now; the next measurement waits for it.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sandbox.shutdown().await;
    let name = programs.language.as_str();
    table(&format!("{name}: hit to handed out"), handed);
    for ((what, ..), times) in ways.into_iter().zip(times) {
        table(&format!("{name}: hit to {what}"), times);
    }
    Ok(())
}

/// Runs a program to its result, which is taken for a time by the clock in milliseconds, or to its first call.
async fn run(worker: Worker, code: &str, hold: bool) -> Result<Option<Duration>, Failed> {
    let (mut sender, mut receiver, control) = worker.split();
    let limits = Limits::default();
    let (code, memory_bytes) = (code.to_owned(), limits.memory_bytes);
    let start = Start { code, memory_bytes, stdout_bytes: 1 << 20, hold, ..Start::default() };
    sender.send(&ToWorker::Start(start)).await?;
    let value = loop {
        match receiver.next().await? {
            Some(FromWorker::Inspected { .. }) => sender.send(&ToWorker::Go {}).await?,
            Some(FromWorker::Result { value, .. }) => {
                let number = value.and_then(|value| value.get().parse::<f64>().ok());
                break number.map(|milliseconds| Duration::from_secs_f64(milliseconds / 1e3));
            }
            Some(FromWorker::Call { .. }) => break None,
            other => return Err(format!("neither a result nor a call: {other:?}").into()),
        }
    };
    control.kill();
    Ok(value)
}

/// Memory of an idle worker that nobody shares.
async fn memory(setting: &Setting, language: Language) -> Result<(), Failed> {
    let sandbox = setting.sandbox(0).await?;
    let worker = sandbox.worker(setting.grant(language)).await?;
    let text = format!("{worker:?}");
    let pid = text.split(" pid: ").nth(1).and_then(|rest| rest.split(',').next()).ok_or("no pid")?;
    let maps = std::fs::read_to_string(Path::new("/proc").join(pid).join("smaps_rollup"))?;
    let kilobytes = |name: &str| -> u64 {
        let line = maps.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    };
    let (own, all) = (kilobytes("Private_Dirty:") + kilobytes("Private_Clean:"), kilobytes("Rss:"));
    let dirty = kilobytes("Private_Dirty:");
    report(&format!("{}: idle worker, {own} KiB private ({dirty} KiB written), {all} KiB resident", language.as_str()));
    drop(worker);
    sandbox.shutdown().await;
    Ok(())
}

/// TypeScript programs, each in a jail of its own, as many as can be had for a while.
async fn sustained(setting: &Setting) -> Result<(), Failed> {
    const TIME: Duration = Duration::from_secs(6);
    let (sandbox, done) = (Arc::new(setting.sandbox(8).await?), Arc::new(AtomicU64::new(0)));
    let (end, before) = (Instant::now() + TIME, used());
    let mut loops = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (sandbox, done, grant) = (sandbox.clone(), done.clone(), setting.grant(Language::TypeScript));
        loops.spawn(async move {
            while Instant::now() < end {
                run(sandbox.worker(grant.clone()).await?, "return 1 + 1", false).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failed>(())
        });
    }
    for one in loops.join_all().await {
        one?;
    }
    let each = (used() - before) as f64 * 10.0 / done.load(Ordering::Relaxed).max(1) as f64;
    let rate = done.load(Ordering::Relaxed) as f64 / TIME.as_secs_f64();
    report(&format!(
        "typescript: {rate:.0} programs a second, each in a fresh jail, {each:.1} ms of processor time each"
    ));
    Ok(())
}
