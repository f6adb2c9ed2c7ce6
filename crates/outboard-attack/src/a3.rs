//! A3: risky programs in a root that is made to be lost. Only the state of that root says whether they did harm.
//!
//! The root has users, secrets, daemons and listeners of its own, in namespaces of its own; the whole sandbox runs in
//! it, so that a program that gets out finds something. The same programs without the jail show that the judge sees.

use crate::cases::cut;
use crate::guests::{self, Ran};
use crate::host::within;
use crate::jail::interpreter;
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Context as _, Result, bail, ensure};
use futures::StreamExt;
use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, Tier};
use outboard_types::Language;
use outboard_worker_protocol::{Start, ToWorker};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const JUDGE: &str = include_str!("sacrifice/judge.py");
const CORPUS: [(Language, &str, &str); 3] = [
    (Language::Python, "# case: ", include_str!("../programs/risky-python.txt")),
    (Language::Bash, "# case: ", include_str!("../programs/risky-bash.txt")),
    (Language::TypeScript, "// case: ", include_str!("../programs/risky-typescript.txt")),
];
/// Marks programs that only use things up: they are not run without a jail.
const BOMB: &str = "bomb: ";
const LEAST_PROGRAMS: usize = 150;
const LEAST_FIRED: usize = 30;
/// Programs in jails at once.
const WIDTH: usize = 4;
/// How long one program may take.
const WALL: Duration = Duration::from_secs(3);
/// Ids of the host that the sacrificial root may use, where the host is root: nobody's.
const IDS: &str = "0 300000 65536";

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let programs: Vec<Value> = CORPUS
        .iter()
        .flat_map(|(language, mark, file)| {
            cut(file, mark)
                .into_iter()
                .map(|case| json!({"language": language.as_str(), "name": format!("{}: {}", language.as_str(), case.name), "code": case.code}))
        })
        .collect();
    let step = situation.count(2, 1);
    // Programs that only use things up take most of the time; A6 has such ones in every run.
    let programs: Vec<Value> = programs.into_iter().filter(|case| situation.long || !is_bomb(case)).collect();
    let programs: Vec<Value> = programs.into_iter().step_by(step).collect();
    let opened: Vec<&Value> = programs.iter().filter(|case| is_opened(case)).collect();
    let program = std::env::current_exe()?;
    let folder = program.parent().context("this program lies in no folder")?;
    let task = json!({
        "programs": folder, "runner": program.file_name().map(|name| name.to_string_lossy()), "user": !situation.root,
        "width": WIDTH, "seconds": 2, "jailed": programs, "opened": opened,
        "verbose": std::env::var_os("OUTBOARD_ATTACK_VERBOSE").is_some(),
    });
    let found = tokio::task::spawn_blocking(move || judged(task, situation)).await??;
    let mut report = Report::of(found["jailed"]["tier"].as_str().unwrap_or("?").to_owned());
    judge(&mut report, &found, situation.count(LEAST_PROGRAMS / 2, LEAST_PROGRAMS) as u64);
    Ok(report)
}

/// What an open root can show: programs that run without us, and none that only use things up.
fn is_opened(case: &Value) -> bool {
    case["language"] != "typescript" && !is_bomb(case)
}

fn is_bomb(case: &Value) -> bool {
    case["name"].as_str().is_some_and(|name| name.contains(BOMB))
}

fn judge(report: &mut Report, found: &Value, least: u64) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (jailed, opened) = (&found["jailed"], &found["opened"]);
    let ran = jailed["ran"].as_u64().unwrap_or(0);
    let effects = list(&jailed["effects"]);
    let missing = list(&jailed["missing"]);
    let fired = opened["fired"].as_object().cloned().unwrap_or_default();
    let seen: usize = fired.values().map(|effects| effects.as_array().map_or(0, Vec::len)).sum();
    report.count("programs in the jail", ran);
    report.count("changes, reads and contacts", effects.len() as u64);
    report.count("ended at something missing", missing.len() as u64);
    report.count("canaries", found["canaries"].as_u64().unwrap_or(0));
    report.count("programs without a jail", opened["ran"].as_u64().unwrap_or(0));
    report.count("of these did harm", fired.len() as u64);
    report.count("their changes, reads and contacts", seen as u64);
    report.figure(format!("ends in the jail: {}", jailed["ends"]));
    report.figure(format!("{} s for the jailed ones", jailed["seconds"]));
    report.demand(ran >= least, || format!("only {ran} programs of {least} ran"));
    for effect in effects {
        report.failures.push(format!("{effect}"));
    }
    report.demand(missing.len() as u64 * 20 < ran, || format!("too many end at something missing: {missing:?}"));
    report.demand(fired.len() >= LEAST_FIRED, || {
        format!("only {} programs do harm without a jail; silent: {}", fired.len(), opened["silent"])
    });
}

/// Runs the judge in namespaces of its own.
fn judged(mut task: Value, situation: Situation) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let (file, root) = (folder.path().join("judge.py"), folder.path().join("root"));
    std::fs::create_dir(&root)?;
    std::fs::write(&file, JUDGE)?;
    for path in [folder.path(), &file] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    }
    task["root"] = json!(root);
    let mut holder = if situation.root { Some(mapped()?) } else { None };
    let mut child = judge_process(holder.as_ref().map(Child::id), &file)?;
    let mut input = child.stdin.take().context("the judge's input")?;
    input.write_all(task.to_string().as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    if let Some(holder) = &mut holder {
        holder.kill()?;
        holder.wait()?;
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    if task["verbose"] == true {
        std::fs::write(std::env::temp_dir().join(format!("outboard-attack-a3-{}", situation.root)), errors.as_bytes())?;
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the judge gave nothing, {}: {errors}", output.status))
}

/// The judge as the first process of its namespaces.
fn judge_process(user_space_of: Option<u32>, file: &Path) -> Result<Child> {
    let spaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child", "--"];
    let mut command = match user_space_of {
        Some(pid) => {
            let mut command = Command::new("nsenter");
            command.args(["--target", &pid.to_string(), "--user", "--setuid", "0", "--setgid", "0", "--", "unshare"]);
            command
        }
        None => {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user"]);
            command
        }
    };
    command.args(spaces).arg(interpreter()?).args(["-I", "-B"]).arg(file);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().context("unshare and nsenter: apt-get install util-linux")
}

/// A process whose user namespace maps its root to nobody of the host. A root host's own root must not be in reach.
fn mapped() -> Result<Child> {
    let mut command = Command::new("unshare");
    let holder = command.args(["--user", "--", "sleep", "3600"]).stdin(Stdio::null()).spawn();
    let holder = holder.context("unshare: apt-get install util-linux")?;
    let space = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/user")).unwrap_or_default();
    let apart = || space(holder.id()) != space(std::process::id());
    for _ in 0..500 {
        if apart() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    ensure!(apart(), "no user namespace");
    for map in ["uid_map", "gid_map"] {
        std::fs::write(format!("/proc/{}/{map}", holder.id()), IDS).with_context(|| format!("write {map}"))?;
    }
    Ok(holder)
}

/// The sandbox in the sacrificial root: programs come as lines of JSON, what they said goes back.
pub(crate) async fn corpus() -> Result<()> {
    let engine = |language: Language, kind| Engine { name: language.as_str().to_owned(), language, kind };
    let (packages, preload) = (Vec::new(), Vec::new());
    let python = EngineKind::Python { interpreter: interpreter()?, worker: guests::PYTHON, packages, preload };
    let engines = vec![
        engine(Language::Python, python),
        engine(Language::TypeScript, EngineKind::Program { path: guests::typescript()? }),
        engine(Language::Bash, EngineKind::Bash { guest: guests::bash()? }),
    ];
    let limits = Limits { cpu: Duration::from_secs(1), memory_bytes: 256 << 20, ..Limits::default() };
    let pool = PoolSize { min: 2, max: 4 };
    let options = Options { engines, pool, limits, minimum: Tier::A, spawner: crate::spawner::command()? };
    let sandbox = Sandbox::start(options).await?;
    let isolation = sandbox.ready().await?;
    ensure!(isolation.missing.is_empty(), "a layer is off: {isolation}");
    println!("{}", json!({"tier": isolation.tier.map(|tier| tier.to_string())}));
    for line in std::io::stdin().lock().lines() {
        let programs: Vec<(String, String)> = serde_json::from_str(&line?)?;
        let runs = programs.iter().map(|(language, code)| one(&sandbox, language, code));
        let said: Vec<(String, String)> = futures::stream::iter(runs).buffered(WIDTH).collect().await;
        println!("{}", serde_json::to_string(&said)?);
    }
    sandbox.shutdown().await;
    within(Duration::from_millis(100), || false).await;
    Ok(())
}

/// All that a program said, and how it ended.
async fn one(sandbox: &Sandbox, language: &str, code: &str) -> (String, String) {
    let mut ran = Ran::default();
    let ended = match tokio::time::timeout(WALL, play(sandbox, language, code, &mut ran)).await {
        Ok(Ok(end)) => end,
        Ok(Err(error)) => format!("worker: {error:#}"),
        Err(_) => "time: killed".to_owned(),
    };
    (format!("{}{}{:?}{:?}", ran.out, ran.err, ran.value, ran.error), ended)
}

async fn play(sandbox: &Sandbox, language: &str, code: &str, ran: &mut Ran) -> Result<String> {
    let Some(language) = Language::parse(language) else { bail!("no language {language}") };
    let grant = Grant::new(language).writable(Path::new("/home/alice/project"), "/workspace");
    let (mut sender, mut receiver, control) = sandbox.worker(grant).await?.split();
    let start = Start { code: code.to_owned(), memory_bytes: 200 << 20, stdout_bytes: 1 << 20, ..Start::default() };
    sender.send(&ToWorker::Start(start)).await?;
    while let Some(message) = receiver.next().await? {
        if ran.take(message) {
            return Ok(ran.error.as_ref().map_or_else(|| "result".to_owned(), |(code, _)| code.clone()));
        }
    }
    Ok(format!("{:?}", control.wait().await.reason).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_risky_programs_and_each_has_a_name_of_its_own() {
        let mut names = Vec::new();
        for (language, mark, file) in CORPUS {
            names.extend(cut(file, mark).iter().map(|case| format!("{}: {}", language.as_str(), case.name)));
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "a name is given twice");
        assert!(count >= LEAST_PROGRAMS, "{count} programs");
    }
}
