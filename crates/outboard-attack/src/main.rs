//! Attacks Outboard and reports figures: `outboard-attack [--quick | --long] [--only A1,A4] [--json]`.
//!
//! [`table::TESTS`] is the whole list. A test whose tool is missing fails and says which line installs it;
//! none is skipped. Run as root, everything is done once more as an ordinary user.
//!
//! Never here: anything that the product depends on.
#![allow(clippy::print_stdout, reason = "a development tool that talks to its user")]

mod a1;
mod a10;
mod a11;
mod a12;
mod a2;
mod a3;
mod a4;
mod a5;
mod a6;
mod a7;
mod a9;
mod bait;
mod cases;
mod dice;
mod disks;
mod guests;
mod honest;
mod host;
mod jail;
mod jailed;
mod messages;
mod outcome;
mod plain;
mod report;
mod spawner;
mod state;
mod table;
mod threats;

use clap::Parser;
use report::Report;
use std::process::{Command, ExitCode};
use std::time::Instant;
use table::{AGAIN, Situation, TESTS};

/// Attacks Outboard and reports figures.
#[derive(Debug, Parser)]
struct Arguments {
    /// The counts that a person has the time to wait for; what happens without `--long` too.
    #[arg(long, conflicts_with = "long")]
    quick: bool,
    /// Full counts and strict times.
    #[arg(long)]
    long: bool,
    /// Only these tests.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// One line of JSON for each test.
    #[arg(long)]
    json: bool,
    /// Whether this is the second run, as an ordinary user.
    #[arg(long, hide = true)]
    again: bool,
    /// The part that a test plays in a process of its own.
    #[arg(long, hide = true)]
    role: Option<String>,
    /// What the role is about.
    #[arg(long, hide = true, default_value = "")]
    about: String,
}

fn main() -> anyhow::Result<ExitCode> {
    if std::env::args().nth(1).as_deref() == Some(jail::SPAWNER) {
        spawner::run()
    }
    let arguments = Arguments::parse();
    let situation = Situation { long: arguments.long, root: rustix::process::geteuid().is_root() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(role) = &arguments.role {
        return runtime.block_on(play(role, &arguments.about)).map(|()| ExitCode::SUCCESS);
    }
    let passed = runtime.block_on(attack(&arguments, situation));
    let passed = if situation.root { as_user()? && passed } else { passed };
    Ok(ExitCode::from(u8::from(!passed)))
}

async fn play(role: &str, about: &str) -> anyhow::Result<()> {
    match role {
        "host" => a7::host().await,
        "ablated" => a2::ablated(about).await,
        "corpus" => a3::corpus().await,
        "faulty" => a12::faulty(about).await,
        "secrets" => a5::host_of_secrets().await,
        other => anyhow::bail!("no role `{other}`"),
    }
}

async fn attack(arguments: &Arguments, situation: Situation) -> bool {
    let wanted = |id: &str| match arguments.only.as_slice() {
        [] => arguments.long || !arguments.again || AGAIN.contains(&id),
        only => only.iter().any(|one| one.eq_ignore_ascii_case(id)),
    };
    let mut passed = true;
    for test in TESTS.iter().filter(|test| wanted(test.id)) {
        let began = Instant::now();
        let report = (test.run)(situation).await.unwrap_or_else(|error| Report::failed(format!("{error:#}")));
        report.print(test, situation, began.elapsed(), arguments.json);
        passed &= report.passed();
    }
    passed
}

/// The same once more as a user without any privilege.
fn as_user() -> anyhow::Result<bool> {
    let mut user = Command::new("setpriv");
    user.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    user.arg(std::env::current_exe()?).args(std::env::args_os().skip(1)).arg("--again").current_dir("/");
    let status = user.status().map_err(|error| anyhow::anyhow!("setpriv: {error}; apt-get install util-linux"))?;
    Ok(status.success())
}
