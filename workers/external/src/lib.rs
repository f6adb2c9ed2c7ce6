//! Guests for engines of somebody else: texts that such an engine runs to speak the guest protocol, in a jail or in the
//! user's own shell.
//!
//! They share the parts of the TypeScript worker that make the code API, so that a program finds the same names.
//! Never here: anything that runs on the host.

macro_rules! prelude {
    ($($name:literal),*) => {
        concat!($(include_str!(concat!("../../js/src/prelude/", $name, ".js")), "\n"),*)
    };
}

/// A guest for an engine: the parts of the TypeScript worker, what is the engine's own, and what all guests share.
macro_rules! guest {
    ($own:literal) => {
        concat!(
            include_str!("head.ts"),
            prelude!("start", "clock", "tools", "own", "names", "modules", "preflight", "inspect", "timers"),
            include_str!("native.js"),
            "const packageAdvice = (() => {\n",
            prelude!("lazy/packages"),
            "})().advice;\nfor (const [name, value] of Object.entries((() => {\n",
            prelude!("lazy/csv"),
            "})().modules)) builtins.set(name, value);\n",
            prelude!("console", "result", "end"),
            "}\n",
            include_str!(concat!("engines/", $own, ".ts")),
            include_str!("fate.ts"),
            include_str!("guest.ts"),
        )
    };
}

/// The guest for Bun, as one TypeScript file.
pub const BUN: &str = guest!("bun");

/// What comes before the guest's file on Bun's command line: it keeps its memory small.
pub const BUN_ARGS: &[&str] = &["run", "--smol"];

/// The guest for Deno, as one TypeScript file.
pub const DENO: &str = guest!("deno");

/// What comes before the guest's file on Deno's command line: it asks for no permission, as the jail decides, and looks
/// for no settings, packages or modules elsewhere.
pub const DENO_ARGS: &[&str] =
    &["run", "--quiet", "--allow-all", "--no-config", "--no-lock", "--no-npm", "--no-remote"];

/// The module through which programs of a user's own shell call tools, for node, deno and bun.
pub const CONNECT: &str = concat!(
    include_str!("connect/head.js"),
    prelude!("start", "tools", "names", "preflight"),
    include_str!("connect/tail.js"),
);

#[cfg(test)]
mod tests {
    #[test]
    fn the_guests_are_whole() {
        for guest in [super::BUN, super::DENO] {
            assert!(guest.starts_with("// ") && guest.ends_with('\n'));
            let parts =
                ["function prelude(host", "callMCPTool", "outboard:csv", "packageAdvice", "return lib;", "ready"];
            assert!(parts.iter().all(|part| guest.contains(part)));
        }
    }
}
