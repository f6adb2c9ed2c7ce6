//! The guest program for the host's CPython, as the one text that a jail is given.
//!
//! Its parts share one namespace, in the order of their numbers, so none imports another. Never here: Rust
//! that knows what is in them.

/// The text of the worker.
pub const WORKER: &str = concat!(
    include_str!("../parts/00_head.py"),
    include_str!("../parts/10_frames.py"),
    include_str!("../parts/20_calls.py"),
    include_str!("../parts/22_own.py"),
    include_str!("../parts/30_imports.py"),
    include_str!("../parts/40_console.py"),
    include_str!("../parts/50_values.py"),
    include_str!("../parts/60_program.py"),
    include_str!("../parts/64_reading.py"),
    include_str!("../parts/65_inspection.py"),
    include_str!("../parts/66_preflight.py"),
    include_str!("../parts/67_preflight_names.py"),
    include_str!("../parts/68_repair.py"),
    include_str!("../parts/69_describe.py"),
    include_str!("../parts/70_trouble.py"),
    include_str!("../parts/75_fate.py"),
    include_str!("../parts/80_world.py"),
    include_str!("../parts/83_template.py"),
    include_str!("../parts/85_network.py"),
    include_str!("../parts/90_main.py"),
);

/// The module through which programs of a user's own shell call tools: `outboard_api`. Parts of the worker between two
/// that are its own.
pub const CONNECT: &str = concat!(
    include_str!("../connect_head.py"),
    include_str!("../parts/10_frames.py"),
    include_str!("../parts/20_calls.py"),
    include_str!("../parts/50_values.py"),
    include_str!("../connect_tail.py"),
);

/// The part by which a guest is a template, for other guests in Python.
pub const TEMPLATE: &str = include_str!("../parts/83_template.py");

#[cfg(test)]
mod tests {
    #[test]
    fn every_part_is_there_in_its_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/parts");
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.retain(|path| path.extension().is_some_and(|kind| kind == "py"));
        names.sort();
        let joined: String = names.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert!(super::WORKER == joined, "a part is missing from this file, or out of order");
    }
}
