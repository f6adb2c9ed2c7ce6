//! The bash worker: one program, run by the jail's bash, whose tools are commands.
//!
//! The same file is three programs. Started as the worker it speaks the guest protocol and starts bash; started
//! as `call`, `search_tools`, `state`, `tokenize`, `is_token`, `date` or `sleep` from within that bash it asks the worker
//! over a descriptor that every process of the program inherits. Everything here is hostile from the moment the program arrives: nothing in this crate
//! decides what is allowed.
//!
//! Never here: policy, settings, secrets, or a second program.

mod bridge;
mod clock;
mod command;
mod console;
mod guest;
mod host;
mod inspect;
mod own;
mod program;
mod surface;
mod trouble;

use std::path::{Path, PathBuf};

fn main() {
    let mut arguments = std::env::args_os().map(|one| one.to_string_lossy().into_owned());
    let name = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let status = match Path::new(&name).file_name().and_then(|name| name.to_str()) {
        Some("call") => command::call(&rest),
        Some("search_tools") => command::search(&rest),
        Some("state") => own::state(&rest),
        Some("tokenize") => own::tokenize(&rest),
        Some("date") => clock::date(&rest),
        Some("sleep") => clock::sleep(&rest),
        Some("is_token") => own::is_token(&rest),
        _ => guest::serve(&root(&rest)),
    };
    std::process::exit(status)
}

/// Where `/` of the program lies: `/`, except where there is no jail's root (`--root DIR`).
fn root(arguments: &[String]) -> PathBuf {
    match arguments {
        [flag, folder] if flag == "--root" => folder.into(),
        _ => "/".into(),
    }
}
