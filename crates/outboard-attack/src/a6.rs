//! A6: greedy and stubborn programs end at their limits, and the host answers all the while.

use crate::disks;
use crate::host::{me, ms, quantile, resident_kib};
use crate::jail::{Guest, Jail, Most, Reason, reason};
use crate::report::Report;
use crate::table::Situation;
use anyhow::Result;
use outboard_worker_protocol::FromWorker;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CPU: Duration = Duration::from_secs(1);
/// How long a program that no limit ends is left alone.
const WALL: Duration = Duration::from_secs(3);
const SHORT_WALL: Duration = Duration::from_millis(700);
const MEMORY: u64 = 128 << 20;

/// A program and what must end it; `None` = nothing but the wall clock.
const GREEDY: &[(&str, &str, Option<&[Reason]>)] = &[
    ("busy loop", "while True: pass", Some(&[Reason::Cpu])),
    ("busy loop of four processes", "import os\nos.fork()\nos.fork()\nwhile True: pass", Some(&[Reason::Cpu])),
    (
        "busy loop of threads",
        "import threading\ndef spin():\n  while True: pass\nfor _ in range(8): threading.Thread(target=spin).start()",
        Some(&[Reason::Cpu]),
    ),
    (
        "fork bomb",
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        Some(&[Reason::Cpu, Reason::Memory]),
    ),
    ("fork bomb that sleeps", "import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(60)", None),
    (
        "memory in steps",
        "import time\nhold = []\nwhile True: hold.append(bytearray(1 << 20)); time.sleep(0.0005)",
        Some(&[Reason::Memory]),
    ),
    (
        "memory at once",
        "hold = []\nwhile True:\n  try: hold.append(bytearray(8 << 20))\n  except MemoryError: pass",
        Some(&[Reason::Memory, Reason::Cpu]),
    ),
    (
        "memory of children",
        "import os, time\ntry:\n  for _ in range(8): os.fork()\nexcept OSError: pass\nhold = bytearray(16 << 20)\ntime.sleep(60)",
        Some(&[Reason::Memory, Reason::Cpu]),
    ),
    ("stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nimport time\ntime.sleep(60)", None),
    (
        "stopped children",
        "import os, signal, time\nfor _ in range(3):\n  if os.fork() == 0: os.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(60)",
        None,
    ),
    (
        "ignores every signal",
        "import signal, time\nfor one in range(1, 65):\n  try: signal.signal(one, signal.SIG_IGN)\n  except (OSError, ValueError): pass\nwhile True: time.sleep(60)",
        None,
    ),
    (
        "ignores them and spins",
        "import signal\nfor one in range(1, 65):\n  try: signal.signal(one, signal.SIG_IGN)\n  except (OSError, ValueError): pass\nwhile True: pass",
        Some(&[Reason::Cpu]),
    ),
    (
        "children that nobody waits for",
        "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\ndef child():\n  try: return os.fork() == 0\n  except OSError: return False\nwhile True:\n  for _ in range(3):\n    if child():\n      while time.process_time() < 0.3: pass\n      os._exit(0)\n  time.sleep(0.3)",
        Some(&[Reason::Cpu]),
    ),
    ("closes the channel and stays", "import os, time\nos.close(3)\ntime.sleep(60)", None),
    (
        "new session, orphans",
        "import os, time\nfor _ in range(5):\n  if os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    time.sleep(60)\ntime.sleep(60)",
        None,
    ),
    ("a giant allocation", "try: bytearray(10 << 30)\nexcept MemoryError: pass\nimport time\ntime.sleep(60)", None),
];

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let limits =
        Most { cpu: CPU, wall: WALL, memory_bytes: MEMORY, processes: 24, file_bytes: 64 << 20, ..Most::default() };
    let jail = Jail::with(limits, 0).await?;
    let mut report = Report::of(jail.tier());
    let health = Health::begin();
    let mut late = Vec::new();
    for (name, code, wanted) in GREEDY {
        late.push(greedy(&jail, &mut report, name, code, *wanted, situation.long).await?);
    }
    let slack = Duration::from_millis(if situation.long { 200 } else { 1000 });
    let worst = late.iter().max().copied().unwrap_or_default();
    report.count("greedy programs", GREEDY.len() as u64);
    report.figure(format!(
        "end after the limit or the kill: p50 {}, worst {}",
        ms(quantile(&mut late, 0.5)),
        ms(worst)
    ));
    report.demand(worst <= slack, || format!("a program outlived its limit by {}", ms(worst)));
    floods(&jail, &mut report, situation).await?;
    disks::fill(&mut report).await?;
    health.judge(&mut report, situation);
    jail.shutdown().await;
    Ok(report)
}

/// Runs one of them to its end and says how long after its limit that came.
async fn greedy(
    jail: &Jail,
    report: &mut Report,
    name: &str,
    code: &str,
    wanted: Option<&[Reason]>,
    strict: bool,
) -> Result<Duration> {
    let mut guest = jail.worker(&[]).await?;
    guest.begin(code).await?;
    let wall = if strict { WALL } else { SHORT_WALL };
    let by_itself = guest.ended(if wanted.is_some() { Duration::from_secs(20) } else { wall }).await;
    match (by_itself, wanted) {
        (Some(exit), Some(wanted)) => {
            let expected = wanted.contains(&exit.reason);
            report.demand(expected, || format!("{name}: ended by {}, not by its limit", reason(exit.reason)));
            let over = if exit.reason == Reason::Cpu { exit.cpu.saturating_sub(CPU) } else { Duration::ZERO };
            if exit.reason == Reason::Memory {
                report
                    .figure(format!("{name}: {:.1} times its limit at most", exit.peak_memory as f64 / MEMORY as f64));
                // What a watchdog sees late on a busy machine is bounded by the address space of each process.
                let most = if strict { 3 } else { 8 };
                report.demand(exit.peak_memory < most * MEMORY, || format!("{name}: {} bytes", exit.peak_memory));
            }
            Ok(over)
        }
        (Some(exit), None) => {
            report.failures.push(format!("{name}: ended by {} before anyone ended it", reason(exit.reason)));
            Ok(Duration::ZERO)
        }
        (None, Some(_)) => {
            report.failures.push(format!("{name}: no limit ended it within 20 s"));
            Ok(Duration::ZERO)
        }
        (None, None) => Ok(killed(&guest, report, name).await),
    }
}

async fn killed(guest: &Guest, report: &mut Report, name: &str) -> Duration {
    let start = Instant::now();
    guest.kill();
    let gone = guest.ended(Duration::from_secs(10)).await.is_some();
    report.demand(gone, || format!("{name}: lives 10 s after it was killed"));
    start.elapsed()
}

/// Output and calls without end: the host keeps nothing of what it does not ask for.
async fn floods(jail: &Jail, report: &mut Report, situation: Situation) -> Result<()> {
    let before = resident_kib(me());
    let frames = situation.count(128, 1024);
    let output = format!(
        "text = 'x' * (1 << 20)\nfor _ in range({frames}): send({{'console': {{'stream': 'out', 'text': text}}}})\nresult = 1"
    );
    let generous = Jail::with(Most::default(), 0).await?;
    let written = generous.run(&[], &output).await;
    report.demand(written.is_ok(), || format!("{frames} MiB of output: {written:?}"));
    let unread = jail.worker(&[]).await.map(|mut guest| async move {
        guest.begin("while True: send({'console': {'stream': 'out', 'text': 'x' * (1 << 20)}})").await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        anyhow::Ok(())
    })?;
    unread.await?;
    let calls = situation.count(20_000, 1_000_000);
    let took = called(&generous, calls).await?;
    let grown = resident_kib(me()).saturating_sub(before) / 1024;
    report.count("MiB of output", frames as u64);
    report.count("calls answered", calls as u64);
    report.figure(format!("{:.0} calls a second; the host grew by {grown} MiB", calls as f64 / took.as_secs_f64()));
    report.demand(grown < 128, || format!("the host grew by {grown} MiB"));
    generous.shutdown().await;
    Ok(())
}

async fn called(jail: &Jail, calls: usize) -> Result<Duration> {
    let code = format!(
        "for number in range({calls}):\n  send({{'call': {{'id': number, 'server': 's', 'tool': 't', 'arguments': {{}}}}}})\n  receive()"
    );
    let mut guest = jail.worker(&[]).await?;
    let start = Instant::now();
    guest.begin(&code).await?;
    while let Some(message) = guest.next().await {
        match message {
            FromWorker::Call { id, .. } => guest.answer(id, &json!(1)).await?,
            FromWorker::Result { .. } => return Ok(start.elapsed()),
            FromWorker::Error { error, .. } => anyhow::bail!("calls: {}", error.message),
            _ => {}
        }
    }
    anyhow::bail!("the calling program vanished")
}

/// Asks the host's runtime for an answer every few milliseconds, from a thread outside of it.
struct Health {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<Duration>>,
}

impl Health {
    fn begin() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, runtime) = (stop.clone(), tokio::runtime::Handle::current());
        let thread = std::thread::spawn(move || {
            let mut times = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let start = Instant::now();
                let (answer, answered) = std::sync::mpsc::channel();
                runtime.spawn(async move { answer.send(()).unwrap_or_default() });
                let _ = answered.recv_timeout(Duration::from_secs(10));
                times.push(start.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            times
        });
        Self { stop, thread }
    }

    fn judge(self, report: &mut Report, situation: Situation) {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.thread.join().unwrap_or_default();
        let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
        report.figure(format!("{} answers of the host: p50 {}, p99 {}", times.len(), ms(p50), ms(p99)));
        let most = Duration::from_millis(if situation.long { 100 } else { 250 });
        report.demand(!times.is_empty() && p99 <= most, || format!("the host answered late: p99 {}", ms(p99)));
    }
}
