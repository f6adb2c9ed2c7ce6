//! The files of the pages: part of the program, listed one by one.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

macro_rules! files {
    ($($name:literal: $kind:literal,)*) => {
        const FILES: &[(&str, &str, &str)] =
            &[$(($name, $kind, include_str!(concat!("../assets/", $name))),)*];
    };
}

files! {
    "base.css": "text/css; charset=utf-8",
    "parts.css": "text/css; charset=utf-8",
    "list.css": "text/css; charset=utf-8",
    "pictures.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "main.js": "text/javascript; charset=utf-8",
    "api.js": "text/javascript; charset=utf-8",
    "dom.js": "text/javascript; charset=utf-8",
    "format.js": "text/javascript; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "fields.js": "text/javascript; charset=utf-8",
    "code.js": "text/javascript; charset=utf-8",
    "list.js": "text/javascript; charset=utf-8",
    "diff.js": "text/javascript; charset=utf-8",
    "chart.js": "text/javascript; charset=utf-8",
    "form.js": "text/javascript; charset=utf-8",
    "pages/login.js": "text/javascript; charset=utf-8",
    "pages/executions.js": "text/javascript; charset=utf-8",
    "pages/execution.js": "text/javascript; charset=utf-8",
    "pages/calls.js": "text/javascript; charset=utf-8",
    "pages/approvals.js": "text/javascript; charset=utf-8",
    "pages/catalogue.js": "text/javascript; charset=utf-8",
    "pages/servers.js": "text/javascript; charset=utf-8",
    "pages/doubt.js": "text/javascript; charset=utf-8",
    "pages/reveal.js": "text/javascript; charset=utf-8",
    "pages/skills.js": "text/javascript; charset=utf-8",
    "pages/policies.js": "text/javascript; charset=utf-8",
    "pages/figures.js": "text/javascript; charset=utf-8",
    "pages/audit.js": "text/javascript; charset=utf-8",
}

const INDEX: &str = include_str!("../assets/index.html");

/// The page itself; what it shows is behind the `#` of its address.
pub(crate) async fn index() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], INDEX).into_response()
}

/// `/console` without the slash at its end.
pub(crate) async fn moved() -> Response {
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/console/")]).into_response()
}

/// One of the files; holds nothing that is private, so that the page for logging in works.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => ([(header::CONTENT_TYPE, *kind)], *text).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_and_none_holds_what_the_browser_would_refuse() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let mut names: Vec<String> = Vec::new();
        for part in ["", "pages"] {
            for entry in std::fs::read_dir(folder.join(part)).unwrap().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_file() {
                    names.push(if part.is_empty() { name } else { format!("{part}/{name}") });
                }
            }
        }
        names.retain(|name| name != "index.html");
        names.sort();
        let mut listed: Vec<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
        listed.sort();
        assert_eq!(names, listed);
        let markup = ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function"];
        for (name, _, text) in FILES {
            for word in markup {
                assert!(!text.contains(word), "{name} holds {word}");
            }
            assert!(!text.contains("https://"), "{name} names another place");
            assert!(text.lines().count() <= 300, "{name} is too long to be read whole");
        }
        for word in ["<style", "style=", "onclick", "<script>", "http"] {
            assert!(!INDEX.contains(word), "the page holds {word}");
        }
    }
}
