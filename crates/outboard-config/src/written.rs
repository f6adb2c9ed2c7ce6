//! Settings as written: a flat list of keys and checked values, each with its place in its file.

use crate::expand::expand;
use crate::problem::{Fault, Problem};
use crate::table::{self, Kind, Setting};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use toml_edit::{Document, Item, TableLike, Value};

/// Separates the parts of a key, because a server's name may hold a dot.
const SEPARATOR: char = '\u{1f}';

/// Longest time span that is taken; clocks can still add it to now.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// A checked value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    Text(String),
    Number(u64),
    Flag(bool),
    Span(Duration),
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

/// One setting as it stands in a file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) parts: Vec<String>,
    pub(crate) given: Given,
    pub(crate) line: usize,
}

pub(crate) struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    env: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) entries: Vec<Entry>,
    /// Servers by the line of their table, whether or not they hold anything.
    pub(crate) servers: Vec<(String, usize)>,
    pub(crate) problems: Vec<Problem>,
}

/// Reads one TOML file.
pub(crate) fn read<'a>(file: &'a Path, text: &'a str, env: &'a dyn Fn(&str) -> Option<String>) -> Reader<'a> {
    let mut reader = Reader { file, text, env, entries: Vec::new(), servers: Vec::new(), problems: Vec::new() };
    match Document::parse(text) {
        Ok(document) => reader.table(document.as_table(), &mut Vec::new()),
        Err(error) => {
            let line = error.span().map_or(0, |span| reader.line(span.start));
            reader.problem(line, &[], format!("not TOML: {}", error.message()));
        }
    }
    reader
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
    }

    fn problem(&mut self, line: usize, parts: &[String], fault: impl Into<Fault>) {
        self.problems.push(Problem::new(self.file, line, parts.join("."), fault));
    }

    fn table(&mut self, table: &dyn TableLike, parts: &mut Vec<String>) {
        for (name, item) in table.iter() {
            parts.push(name.to_owned());
            let at = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            let line = at.map_or(0, |span| self.line(span.start));
            self.item(item, parts, line);
            parts.pop();
        }
    }

    fn item(&mut self, item: &Item, parts: &mut Vec<String>, line: usize) {
        let key = parts.join(&SEPARATOR.to_string());
        if let Some(setting) = table::find(&key) {
            return self.value(item, parts, setting, line);
        }
        match item.as_table_like() {
            Some(inner) if table::is_table(&key) => {
                if parts.len() == 2 && parts[0] == "servers" {
                    self.servers.push((parts[1].clone(), line));
                }
                self.table(inner, parts);
            }
            None if table::is_table(&key) => self.problem(line, parts, "expected a table"),
            _ => {
                let hint = table::closest(&key).map(|name| format!("did you mean {name:?}?"));
                self.problem(line, parts, Fault { message: "unknown key".into(), hint });
            }
        }
    }

    fn value(&mut self, item: &Item, parts: &[String], setting: &Setting, line: usize) {
        match self.given(item, setting.kind).and_then(|given| in_range(given, setting)) {
            Ok(given) => self.entries.push(Entry { parts: parts.to_vec(), given, line }),
            Err(fault) => self.problem(line, parts, fault),
        }
    }

    fn given(&self, item: &Item, kind: Kind) -> Result<Given, Fault> {
        let wrong = || Fault::from(format!("expected {}, found {}", kind.expected(), item.type_name()));
        Ok(match kind {
            Kind::Text | Kind::Path => Given::Text(self.text(item.as_str().ok_or_else(wrong)?)?),
            Kind::Number => Given::Number(item.as_integer().and_then(|n| u64::try_from(n).ok()).ok_or_else(wrong)?),
            Kind::Flag => Given::Flag(item.as_bool().ok_or_else(wrong)?),
            Kind::Span => Given::Span(match item.as_str() {
                Some(text) => {
                    span(&self.text(text)?).ok_or_else(|| format!("expected {}, found {text:?}", kind.expected()))?
                }
                None => seconds(item).ok_or_else(wrong)?,
            }),
            Kind::List => {
                let items = item.as_array().ok_or_else(wrong)?;
                let text = |value: &Value| self.text(value.as_str().ok_or_else(wrong)?);
                Given::List(items.iter().map(text).collect::<Result<_, _>>()?)
            }
            Kind::Map => {
                let table = item.as_table_like().ok_or_else(wrong)?;
                let entry =
                    |(key, item): (&str, &Item)| Ok((key.to_owned(), self.text(item.as_str().ok_or_else(wrong)?)?));
                Given::Map(table.iter().map(entry).collect::<Result<_, Fault>>()?)
            }
            Kind::Expose => {
                let text = self.text(item.as_str().ok_or_else(wrong)?)?;
                if !["auto", "code", "direct", "both"].contains(&text.as_str()) {
                    return Err(format!("expected {}, found {}", kind.expected(), item.to_string().trim()).into());
                }
                Given::Text(text)
            }
        })
    }

    fn text(&self, text: &str) -> Result<String, Fault> {
        expand(text, self.env)
    }
}

/// Refuses what would be taken but could not work, such as a time limit of nothing.
fn in_range(given: Given, setting: &Setting) -> Result<Given, Fault> {
    let (least, most) = setting.range;
    match given {
        Given::Number(number) if !(least..=most).contains(&number) => {
            Err(format!("expected {least} to {most}, found {number}").into())
        }
        Given::Span(span) if span.is_zero() => Err("expected more than no time".into()),
        Given::Span(span) if span > LONGEST => Err("expected at most 365 days".into()),
        _ => Ok(given),
    }
}

fn seconds(item: &Item) -> Option<Duration> {
    let number = item.as_float().or_else(|| item.as_integer().map(|n| n as f64))?;
    Duration::try_from_secs_f64(number).ok()
}

/// `500ms`, `60s`, `10min`, `2h`, `1d`.
pub(crate) fn span(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number: f64 = text[..at].trim().parse().ok()?;
    let unit = match &text[at..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * unit).ok()
}
