//! One file a command: parse what was asked, call the libraries, show what came.

mod accept;
mod agent;
pub(crate) mod approvals;
mod asking;
pub(crate) mod audit;
mod bench;
mod call;
mod connect;
mod console;
mod demo;
mod doctor;
mod estimate;
mod exec;
pub(crate) mod executions;
mod filter;
mod first;
mod generate;
mod help;
mod import;
mod install;
pub(crate) mod list;
mod listening;
mod login;
mod policy;
mod privacy;
mod reload;
mod replay;
mod retention;
mod run;
mod search;
mod serve;
mod shapes;
pub(crate) mod skills;
mod state;
mod stats;
mod token;
mod top;
pub(crate) mod trace;
pub(crate) mod waiting;
mod workspace;

pub(crate) use executions::orders;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use std::process::ExitCode;

/// Runs the command on a runtime of its own. Two threads suffice: the work is done in other processes.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let code = runtime.block_on(dispatch(cli));
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    code
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    crate::logs::panic_on_purpose("command");
    let Some(command) = &cli.command else { return first::run(&cli) };
    match command {
        Command::Demo(args) => demo::run(&cli, args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Stats(args) => stats::run(&cli, args),
        Command::Top(args) => top::run(&cli, args).await,
        Command::Estimate(args) => estimate::run(&cli, args).await,
        Command::Serve(args) => serve::run(&cli, args).await,
        Command::Import(args) => import::run(&cli, args),
        Command::Install(args) => install::run(&cli, args),
        Command::Uninstall(args) => install::undo(&cli, args),
        Command::List(args) => list::run(&cli, args).await,
        Command::Login(args) => login::run(&cli, args).await,
        Command::Logout(args) => login::out(&cli, args).await,
        Command::Token(args) => token::run(&cli, args),
        Command::Search(args) => search::run(&cli, args).await,
        Command::Run(args) => run::run(&cli, args).await,
        Command::Call(args) => call::run(&cli, args).await,
        Command::Agent(args) => agent::run(&cli, args).await,
        Command::Generate(args) => generate::run(&cli, args).await,
        Command::Connect(args) => connect::run(&cli, args).await,
        Command::Console(args) => console::run(&cli, args).await,
        Command::Exec(args) => exec::run(&cli, args).await,
        Command::Filter(args) => filter::run(&cli, args),
        Command::Config(args) => help::config(args),
        Command::Completions(args) => help::completions(args),
        Command::Man(args) => help::man(args),
        Command::Doctor(args) => doctor::run(&cli, args).await,
        Command::Approvals(args) => approvals::run(&cli, args).await,
        Command::Policy(args) => policy::run(&cli, args).await,
        Command::Accept(args) => accept::run(&cli, args).await,
        Command::Audit(args) => audit::run(&cli, args).await,
        Command::Resume(args) => run::resume(&cli, args).await,
        Command::Trace(args) => trace::run(&cli, args).await,
        Command::Replay(args) => replay::run(&cli, args).await,
        Command::Privacy(args) => privacy::run(&cli, args),
        Command::Shapes(args) => shapes::run(&cli, args),
        Command::Skills(args) => skills::run(&cli, args).await,
        Command::State(args) => state::run(&cli, args).await,
        Command::Workspace(args) => workspace::run(&cli, args),
        Command::Executions(args) => executions::run(&cli, args).await,
    }
}
