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

/// The guest for Bun: the argument of `bun run --smol`, as one TypeScript file.
pub const BUN: &str = concat!(
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
    include_str!("fate.ts"),
    include_str!("bun.ts"),
);

/// The module through which programs of a user's own shell call tools, for node, deno and bun.
pub const CONNECT: &str = concat!(
    include_str!("connect/head.js"),
    prelude!("start", "tools", "names", "preflight"),
    include_str!("connect/tail.js"),
);

#[cfg(test)]
mod tests {
    #[test]
    fn the_guest_is_whole() {
        assert!(super::BUN.starts_with("// ") && super::BUN.ends_with('\n'));
        assert!(
            ["function prelude(host", "callMCPTool", "outboard:csv", "packageAdvice", "return lib;", "ready"]
                .iter()
                .all(|part| super::BUN.contains(part))
        );
    }
}
