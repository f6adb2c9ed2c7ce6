//! Fields in a text: `Label: value` lines, and tables whose first row names the columns.

use crate::detector::Detector;
use crate::key::{Around, Key};
use crate::{Finding, Kind};

/// Longest label, in bytes.
const LABEL: usize = 40;

/// Columns that are looked at.
const COLUMNS: usize = 64;

/// Lines whose labels are looked at together.
const BLOCK: usize = 64;

/// Finds values that their label or their column header tells of. What was found so far is in order, and stays.
pub(crate) fn labelled(detector: &Detector, text: &str, out: &mut Vec<Finding>) {
    let mut reader = Reader { detector, exact: out, found: Vec::new() };
    let lines: Vec<(usize, &str)> = spans(text).collect();
    let mut table: Option<(char, Vec<Key>)> = None;
    let mut block = Block::default();
    for (at, (start, line)) in lines.iter().copied().enumerate() {
        if let Some((delimiter, header)) = &table
            && reader.row(line, start, *delimiter, header)
        {
            continue;
        }
        let next = lines.get(at + 1).map(|(_, next)| *next).unwrap_or_default();
        table = header(line, next);
        if table.is_none() {
            if at >= block.end {
                block = Block::at(&lines, at);
            }
            reader.label(line, start, block.is_person);
        }
    }
    let found = reader.found;
    out.extend(found);
}

/// Lines up to an empty one, and whether a label among them speaks of a person.
#[derive(Default)]
struct Block {
    end: usize,
    is_person: bool,
}

impl Block {
    fn at(lines: &[(usize, &str)], start: usize) -> Self {
        let own = lines[start..].iter().take(BLOCK).take_while(|(_, line)| !line.trim().is_empty());
        let (mut end, mut is_person) = (start, false);
        for (_, line) in own {
            end += 1;
            is_person = is_person || label(line).is_some_and(|(name, _)| Key::new(name).is_personal());
        }
        Self { end: end.max(start + 1), is_person }
    }
}

/// Lines with the place where they begin.
fn spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

/// A label, and where its value begins.
fn label(line: &str) -> Option<(&str, usize)> {
    let mut window = LABEL.min(line.len());
    while !line.is_char_boundary(window) {
        window -= 1;
    }
    let colon = line[..window].find([':', '='])?;
    let edge = |c: char| c.is_whitespace() || matches!(c, '*' | '-' | '>' | '"' | '`' | '#' | '•');
    let name = line[..colon].trim_matches(edge);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '\'' | '(' | ')');
    let fits = !name.is_empty() && name.split_whitespace().count() <= 4 && name.chars().all(plain);
    fits.then_some((name, colon + 1))
}

/// The columns of a table, where this line is a header and the next one looks like a row of it.
fn header(line: &str, next: &str) -> Option<(char, Vec<Key>)> {
    let delimiter =
        ['\t', '|', ';', ','].into_iter().find(|d| line.contains(*d) && columns(line, *d) == columns(next, *d))?;
    let cells: Vec<Key> = cells(line, delimiter).map(|(_, cell)| Key::new(cell)).take(COLUMNS).collect();
    let short = cells.len() >= 2 && cells.iter().all(|key| key.text().len() <= LABEL);
    let telling = cells.iter().any(|key| key.is_personal() || key.names_persons() || key.text() == "name");
    (short && telling).then_some((delimiter, cells))
}

fn columns(line: &str, delimiter: char) -> usize {
    cells(line, delimiter).take(COLUMNS + 1).count()
}

/// Cells with the place where they begin; a delimiter within quotes is none.
fn cells(line: &str, delimiter: char) -> impl Iterator<Item = (usize, &str)> {
    let edged = delimiter == '|' && line.trim_start().starts_with('|');
    let from = if edged { line.find('|').map_or(0, |at| at + 1) } else { 0 };
    let end = if edged { line.trim_end().strip_suffix('|').map_or(line.len(), str::len).max(from) } else { line.len() };
    let mut rest = Some(from);
    std::iter::from_fn(move || {
        let start = rest?;
        let mut quoted = false;
        let cut = line[start..end].char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == delimiter && !quoted
        });
        let stop = cut.map_or(end, |(at, _)| start + at);
        rest = cut.map(|_| stop + delimiter.len_utf8());
        Some((start, &line[start..stop]))
    })
}

struct Reader<'d> {
    detector: &'d Detector,
    /// What was found by its format, in order.
    exact: &'d [Finding],
    found: Vec<Finding>,
}

impl Reader<'_> {
    fn label(&mut self, line: &str, start: usize, is_person: bool) {
        let Some((name, from)) = label(line) else { return };
        let (key, around, value) = (Key::new(name), Around { is_person }, &line[from..]);
        if self.push(&key, around, value, start + from) {
            return;
        }
        // `Emergency contact: Ada Lovelace (sister), 0170 …`
        if let Some((first, _)) = value.split_once(['(', ',', '<', ';']) {
            self.push(&key, around, first, start + from);
        }
    }

    fn row(&mut self, line: &str, start: usize, delimiter: char, header: &[Key]) -> bool {
        if line.trim().is_empty() || columns(line, delimiter) != header.len() {
            return false;
        }
        let is_person = header.iter().any(Key::is_personal);
        for ((at, cell), key) in cells(line, delimiter).zip(header) {
            self.push(key, Around { is_person }, cell, start + at);
        }
        true
    }

    /// Notes the whole value where its key tells what it is; whether it does.
    fn push(&mut self, key: &Key, around: Around, cell: &str, at: usize) -> bool {
        let trim = |c: char| c.is_whitespace() || matches!(c, '"' | '*' | '`' | '\'');
        let value = cell.trim_matches(trim);
        let Some(offset) = cell.find(value).filter(|_| !value.is_empty()) else { return false };
        if value.chars().all(|c| matches!(c, '-' | ':')) {
            return false;
        }
        let Some((kind, sure, rule)) = self.detector.field(key, around, value) else { return false };
        let rule = if rule == "key" { "label" } else { rule };
        let range = at + offset..at + offset + value.len();
        // An exact format that was found in the same place says what it is.
        let behind = self.exact.partition_point(|found| found.range.end <= range.start);
        let exact = self.exact.get(behind).is_some_and(|found| found.range.start < range.end);
        if !exact || matches!(kind, Kind::Custom(_)) {
            self.found.push(Finding::new(range, kind, sure, rule));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::{Detector, Options};

    fn found(text: &str) -> Vec<(String, &str)> {
        let detector = Detector::new(&Options::default()).unwrap();
        let found = detector.text(text);
        found.iter().map(|finding| (finding.kind.label().to_owned(), &text[finding.range.clone()])).collect()
    }

    #[test]
    fn columns_and_labels_tell() {
        let all = found(
            "id,name,email,zip\n1,\"Lovelace, Ada\",ada@example.org,90210\n2,Bob Smith,b@example.org,10115\n\nText, with, commas, here\n",
        );
        let kinds: Vec<_> = all.iter().map(|(kind, value)| (kind.as_str(), *value)).collect();
        assert_eq!(
            kinds,
            [
                ("NAME", "Lovelace, Ada"),
                ("EMAIL", "ada@example.org"),
                ("POSTCODE", "90210"),
                ("NAME", "Bob Smith"),
                ("EMAIL", "b@example.org"),
                ("POSTCODE", "10115"),
            ]
        );
        let all = found("| Full name | Phone |\n|---|---|\n| Ada Lovelace | 0170 1234567 |\n");
        assert_eq!(all.iter().map(|one| one.1).collect::<Vec<_>>(), ["Ada Lovelace", "0170 1234567"]);
        let all = found(
            "Full name: Ada Lovelace\nDate of birth: 10 December 1815\n**Password**: hunter2hunter2\nStatus: Open",
        );
        assert_eq!(all.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), ["NAME", "DOB", "SECRET"]);
    }
}
