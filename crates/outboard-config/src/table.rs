//! Every setting once: its place, type, default and meaning. Feeds the reader's suggestions and the
//! generated reference.

use crate::list::all_settings;
use strsim::levenshtein;

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; `${VAR}` and `${VAR:-default}` are replaced.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// `"500ms"`, `"60s"`, `"10min"`, `"2h"`, or a number of seconds.
    Span,
    /// A list of texts.
    List,
    /// A table of texts.
    Map,
    /// A path, relative to the settings file.
    Path,
    /// A number of bytes: `"500KB"`, `"2MiB"`, or a plain number.
    Size,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// An amount of money, such as `0.5`.
    Amount,
    /// A list of tables whose fields another part understands.
    Tables,
}

impl Kind {
    /// What was expected, for error messages and the reference.
    pub fn expected(self) -> String {
        let words = match self {
            Kind::Text => "text in quotes",
            Kind::Number => "a whole number",
            Kind::Flag => "true or false",
            Kind::Span => "a time span such as \"500ms\", \"60s\" or \"10min\"",
            Kind::List => "a list of texts",
            Kind::Map => "a table of texts",
            Kind::Path => "a path in quotes",
            Kind::Size => "a size such as \"500KB\" or \"2MiB\"",
            Kind::Amount => "an amount such as 0.5",
            Kind::Tables => "a list of tables",
            Kind::Choice(words) => return choice(words),
        };
        words.to_owned()
    }
}

/// `"a", "b" or "c"`.
fn choice(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Dotted place; `*` stands for a server's name.
    pub key: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its default as written in a settings file; empty for none.
    pub default: &'static str,
    /// Least and most of a number.
    pub range: (u64, u64),
    /// What it does, in one sentence.
    pub doc: &'static str,
}

pub(crate) const fn setting(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Setting {
    Setting { key, kind, default, range: (0, u64::MAX), doc }
}

pub(crate) const fn number(key: &'static str, default: &'static str, range: (u64, u64), doc: &'static str) -> Setting {
    Setting { range, ..setting(key, Kind::Number, default, doc) }
}

/// The setting of a dotted key, with `servers.NAME.` taken as `servers.*.`.
pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    let general = general(key);
    all_settings().find(|setting| setting.key == general)
}

/// Whether a key is a table that holds settings.
pub(crate) fn is_table(key: &str) -> bool {
    let general = general(key);
    matches!(general.as_str(), "servers" | "servers.*" | "sandbox.engines" | "sandbox.engines.*")
        || all_settings().any(|setting| setting.key.starts_with(&format!("{general}.")))
}

/// `servers.NAME.x` as `servers.*.x`. A name with a dot in it never gets here joined: the reader keeps parts.
fn general(key: &str) -> String {
    let parts: Vec<&str> = key.split('\u{1f}').collect();
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| if is_name(at, &parts) { "*" } else { part })
        .collect::<Vec<_>>()
        .join(".")
}

/// Whether this part of a key is a name that the user chose.
fn is_name(at: usize, parts: &[&str]) -> bool {
    (at == 1 && parts[0] == "servers")
        || (at == 3 && parts[0] == "servers" && parts[2] == "principals")
        || (at == 2 && parts[0] == "sandbox" && parts[1] == "engines")
}

/// A longer key resembles none of ours, and is not worth the time to be compared.
const LONGEST: usize = 64;

/// The known key closest to an unknown one in the same table.
pub(crate) fn closest(key: &str) -> Option<&'static str> {
    let general = general(key);
    let (table, last) = general.rsplit_once('.').unwrap_or(("", &general));
    if last.len() > LONGEST {
        return None;
    }
    let siblings = all_settings().filter_map(|setting| {
        let rest = if table.is_empty() { setting.key } else { setting.key.strip_prefix(table)?.strip_prefix('.')? };
        Some(rest.split('.').next().unwrap_or(rest))
    });
    siblings
        .map(|name| (levenshtein(last, name), name))
        .min()
        // A short key is like every other short key; a guess needs most letters right.
        .filter(|(distance, name)| *distance <= 3 && distance * 2 < name.len())
        .map(|(_, name)| name)
}

/// The generated reference of all settings, as Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Generated by `cargo xtask docs` from crates/outboard-config/src/table.rs. -->\n\n\
         Settings are read from `outboard.toml` in the current folder, over `~/.config/outboard/config.toml`. `--config FILE`\n\
         uses that file alone. In every text `${VAR}` stands for an environment variable and `${VAR:-default}` for one that\n\
         may be unset. An unknown key, a wrong type and an unset variable are errors that name file, line and key.\n",
    );
    let mut table = "";
    for setting in all_settings() {
        let (head, name) = match setting.key.strip_prefix("servers.*.") {
            Some(name) => ("servers.NAME", name),
            None => setting.key.split_once('.').unwrap_or(("", setting.key)),
        };
        if head != table || setting.key == "mcp_config" {
            let title = if head.is_empty() { "Top level".to_owned() } else { format!("`[{head}]`") };
            text.push_str(&format!("\n## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n"));
            table = head;
        }
        let default = if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
        let value = match (setting.kind, setting.range) {
            (Kind::Number, (least, most)) => format!("{}, {least} to {most}", setting.kind.expected()),
            _ => setting.kind.expected(),
        };
        text.push_str(&format!("| `{name}` | {value} | {default} | {} |\n", setting.doc));
    }
    text
}
