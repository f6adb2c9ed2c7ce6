//! Settings as written: a flat list of keys and checked values, each with its place in its file.

use crate::expand::expand;
use crate::problem::{Fault, Problem};
use crate::settings::WrittenTable;
use crate::table::{self, Kind, Setting};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use toml_edit::{Document, DocumentMut, Item, Table, TableLike, Value};

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
    Tables(Vec<WrittenTable>),
    Amount(f64),
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
            Kind::Size => Given::Number(match item.as_str() {
                Some(text) => {
                    size(&self.text(text)?).ok_or_else(|| format!("expected {}, found {text:?}", kind.expected()))?
                }
                None => item.as_integer().and_then(|n| u64::try_from(n).ok()).ok_or_else(wrong)?,
            }),
            Kind::Amount => {
                let amount = item.as_float().or_else(|| item.as_integer().map(|n| n as f64)).ok_or_else(wrong)?;
                if !(0.0..=1e12).contains(&amount) {
                    return Err(format!("expected 0 to 1e12, found {amount}").into());
                }
                Given::Amount(amount)
            }
            Kind::Tables => Given::Tables(self.tables(item).ok_or_else(wrong)??),
            Kind::Choice(words) => {
                let text = self.text(item.as_str().ok_or_else(wrong)?)?;
                if !words.contains(&text.as_str()) {
                    return Err(format!("expected {}, found {}", kind.expected(), item.to_string().trim()).into());
                }
                Given::Text(text)
            }
        })
    }

    /// The tables of a list, each with its place; `None` for anything else.
    fn tables(&self, item: &Item) -> Option<Result<Vec<WrittenTable>, Fault>> {
        let tables: Vec<(Table, usize)> = match item {
            Item::ArrayOfTables(tables) => {
                tables.iter().map(|table| (table.clone(), table.span().map_or(0, |span| span.start))).collect()
            }
            Item::Value(Value::Array(values)) => values
                .iter()
                .map(|value| {
                    let at = value.span().map_or(0, |span| span.start);
                    value.as_inline_table().map(|table| (table.clone().into_table(), at))
                })
                .collect::<Option<_>>()?,
            _ => return None,
        };
        Some(tables.into_iter().map(|(table, at)| self.written(table, at)).collect())
    }

    fn written(&self, table: Table, at: usize) -> Result<WrittenTable, Fault> {
        let text = DocumentMut::from(table).to_string();
        let mut fields: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
        fields.iter_mut().try_for_each(|(_, value)| self.expand_all(value))?;
        Ok(WrittenTable { fields, origin: format!("{}:{}", self.file.display(), self.line(at)) })
    }

    fn expand_all(&self, value: &mut toml::Value) -> Result<(), Fault> {
        match value {
            toml::Value::String(text) => *text = self.text(text)?,
            toml::Value::Array(values) => values.iter_mut().try_for_each(|value| self.expand_all(value))?,
            toml::Value::Table(table) => table.iter_mut().try_for_each(|(_, value)| self.expand_all(value))?,
            _ => {}
        }
        Ok(())
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

/// Reads a time span as settings have it: `500ms`, `60s`, `10min`, `2h`, `1d`.
pub fn span(text: &str) -> Option<Duration> {
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

/// Reads a size as settings have it, in bytes: `500`, `500B`, `64KB`, `64KiB`, `1MB`, `1MiB`, `2GB`, `2GiB`.
pub fn size(text: &str) -> Option<u64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..at].trim().parse().ok()?;
    let unit: f64 = match &text[at..] {
        "" | "B" => 1.0,
        "KB" => 1e3,
        "KiB" => 1024.0,
        "MB" => 1e6,
        "MiB" => 1_048_576.0,
        "GB" => 1e9,
        "GiB" => 1_073_741_824.0,
        _ => return None,
    };
    let bytes = number * unit;
    (bytes.is_finite() && (0.0..1e18).contains(&bytes)).then_some(bytes as u64)
}
