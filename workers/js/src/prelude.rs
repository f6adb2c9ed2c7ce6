//! The part of the worker that is JavaScript, embedded as text.

macro_rules! part {
    ($name:literal) => {
        include_str!(concat!("prelude/", $name, ".js"))
    };
}

/// One function of the host object; it gives back the object of what the host calls. All parts share a scope.
pub(crate) fn text() -> String {
    let parts = [
        part!("start"),
        part!("clock"),
        part!("tools"),
        part!("names"),
        part!("modules"),
        part!("inspect"),
        part!("timers"),
        part!("events"),
        part!("encoding"),
        part!("buffer"),
        part!("url"),
        part!("body"),
        part!("fetch"),
        part!("clone"),
        part!("path"),
        part!("fs"),
        part!("console"),
        part!("numbers"),
        part!("dates"),
        part!("intl"),
        part!("process"),
        part!("result"),
        part!("end"),
    ];
    format!("(function (host) {{ \"use strict\";\n{}\n}})", parts.join("\n"))
}
