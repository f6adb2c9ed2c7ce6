//! The part of the worker that is JavaScript, embedded as text.
//!
//! What nearly every program uses is one function, run before the program arrives. The rest are parts that are
//! compiled when a program first touches one of their names.

macro_rules! parts {
    ($($name:literal),*) => {
        concat!($(include_str!(concat!("prelude/", $name, ".js")), "\n"),*)
    };
}

/// One function of the host object; it gives back the object of what the host calls. All its files share a scope.
pub(crate) fn text() -> &'static str {
    concat!(
        "(function (host) { \"use strict\";\n",
        parts!(
            "start",
            "clock",
            "tools",
            "own",
            "names",
            "modules",
            "preflight",
            "inspect",
            "timers",
            "encoding",
            "lazy"
        ),
        parts!("fs", "console", "process", "result", "end"),
        "\n})"
    )
}

/// The text of a part: the body of a function of `common`, which gives back what the part offers.
pub(crate) fn lazy(name: &str) -> Option<&'static str> {
    Some(match name {
        "buffer" => parts!("lazy/buffer"),
        "clone" => parts!("lazy/clone"),
        "crypto" => parts!("lazy/crypto"),
        "csv" => parts!("lazy/csv"),
        "events" => parts!("lazy/events"),
        "intl" => {
            parts!("lazy/locales", "lazy/decimals", "lazy/numbers", "lazy/patterns", "lazy/dates", "lazy/intl")
        }
        "node" => parts!("lazy/node"),
        "packages" => parts!("lazy/packages"),
        "url" => parts!("lazy/url"),
        "web" => parts!("lazy/body", "lazy/fetch"),
        _ => return None,
    })
}
