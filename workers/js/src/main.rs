//! The TypeScript worker: one program, one thread, one socket.
//!
//! It is started in its jail, builds its engine, says `ready`, gets one program, runs it and ends. Everything
//! in this process is hostile from the moment the program arrives: nothing here decides what is allowed.
//!
//! Never here: policy, settings, secrets, or a second program.

mod describe;
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
mod template;
mod turns;
mod wrap;
mod zones;

use outboard_worker_protocol::template::TEMPLATE_FLAG;
use std::ffi::OsString;
use std::path::PathBuf;

fn main() {
    let stack_bytes = stack::prepare();
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let is_template = arguments.first().is_some_and(|first| first == TEMPLATE_FLAG);
    arguments.drain(..usize::from(is_template));
    turns::serve(root(arguments), stack_bytes, is_template)
}

/// Where `/` of the program lies: `/`, except under test (`--root DIR`).
fn root(arguments: Vec<OsString>) -> PathBuf {
    let mut arguments = arguments.into_iter();
    match (arguments.next(), arguments.next()) {
        (Some(flag), Some(folder)) if flag == "--root" => folder.into(),
        _ => "/".into(),
    }
}
