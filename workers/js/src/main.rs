//! The TypeScript worker: one program, one thread, one socket.
//!
//! It is started in its jail, builds its engine, says `ready`, gets one program, runs it and ends. Everything
//! in this process is hostile from the moment the program arrives: nothing here decides what is allowed.
//!
//! Never here: policy, settings, secrets, or a second program.

mod digest;
mod engine;
mod fate;
mod files;
mod host;
mod import;
mod inspect;
mod language;
mod more;
mod outbox;
mod positions;
mod preflight;
mod prelude;
mod report;
mod restore;
mod schedule;
mod socket;
mod stack;
mod strip;
mod turns;
mod wrap;
mod zones;

use std::path::PathBuf;

fn main() {
    let stack_bytes = stack::prepare();
    turns::serve(root(), stack_bytes)
}

/// Where `/` of the program lies: `/`, except under test (`--root DIR`).
fn root() -> PathBuf {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(flag), Some(folder)) if flag == "--root" => folder.into(),
        _ => "/".into(),
    }
}
