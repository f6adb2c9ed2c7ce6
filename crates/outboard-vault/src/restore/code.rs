//! Values within the string literals of programs.
//!
//! A value may come from anybody and hold anything. It is written with the escapes of the language, so that it
//! can neither end its literal nor mean anything in it. What is no literal is not touched: `rows[ID_1]` is code.
//! The reading of programs is simple; where it is wrong, a token stays a token, and is restored when it arrives
//! at the gateway in the arguments of a call.

use super::Restorer;
use crate::error::RestoreError;
use crate::token::next_mark;
use outboard_types::Language;
use std::fmt::Write as _;
use std::ops::Range;

/// How a literal reads what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// `\u` escapes with UTF-16 units.
    Script,
    /// `\u` and `\U` escapes with code points.
    Python,
    /// Nothing can be escaped.
    Raw,
    /// Only the quote itself, by leaving the literal.
    ShellSingle,
    /// A backslash before what has a meaning.
    ShellDouble,
}

pub(crate) fn restored(with: &Restorer<'_>, program: &str, language: Language) -> Result<String, RestoreError> {
    let mut out = String::with_capacity(program.len());
    let mut at = 0;
    for (range, quote) in literals(program, language) {
        let literal = &program[..range.end];
        let mut next = range.start;
        while let Some(mark) = next_mark(literal, next, with.kinds) {
            let (entry, end) = with.entry(literal, &mark)?;
            let value = if mark.encoded { &crate::encodings::url(entry.value()) } else { entry.value() };
            let written = written(value, quote)
                .ok_or_else(|| RestoreError::Place { token: program[mark.range.clone()].to_owned() })?;
            out.push_str(&program[at..mark.range.start]);
            out.push_str(&written);
            (at, next) = (end, end);
        }
    }
    out.push_str(&program[at..]);
    Ok(out)
}

/// The value as it is written in such a literal; `None` if it cannot be.
fn written(value: &str, quote: Quote) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || " @._+-:/,=".contains(c);
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match quote {
            _ if plain(c) => out.push(c),
            _ if c == '\0' => return None,
            Quote::Script => {
                c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")).ok()?;
            }
            Quote::Python => write!(out, "\\U{:08x}", u32::from(c)).ok()?,
            Quote::Raw => return None,
            Quote::ShellSingle if c == '\'' => out.push_str("'\\''"),
            Quote::ShellDouble if "\"\\$`".contains(c) => out.extend(['\\', c]),
            Quote::ShellSingle | Quote::ShellDouble => out.push(c),
        }
    }
    Some(out)
}

/// The insides of all string literals, in order.
fn literals(program: &str, language: Language) -> Vec<(Range<usize>, Quote)> {
    let mut reader = Reader { bytes: program.as_bytes(), at: 0, found: Vec::new() };
    match language {
        Language::TypeScript => reader.script(),
        Language::Python => reader.python(),
        Language::Bash => reader.shell(),
    }
    reader.found
}

struct Reader<'p> {
    bytes: &'p [u8],
    at: usize,
    found: Vec<(Range<usize>, Quote)>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Moves behind the next place where this stands, or to the end.
    fn skip_to(&mut self, end: &[u8]) {
        let offset = memchr::memmem::find(&self.bytes[self.at..], end);
        self.at = offset.map_or(self.bytes.len(), |offset| self.at + offset + end.len());
    }

    /// Reads a literal up to its end mark; `escapes` says whether a backslash protects the next byte.
    fn literal(&mut self, end: &[u8], quote: Quote, escapes: bool, lines: bool) {
        let start = self.at;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'\\' if escapes => self.at += 2,
                b'\n' if !lines => break,
                _ if self.bytes[self.at..].starts_with(end) => break,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        self.found.push((start..self.at, quote));
        self.at = (self.at + end.len()).min(self.bytes.len());
    }

    fn script(&mut self) {
        // For each `${` that is open: how many braces are open within it.
        let mut templates: Vec<usize> = Vec::new();
        while self.at < self.bytes.len() {
            let byte = self.peek(0);
            match (byte, self.peek(1)) {
                (b'/', b'/') => self.skip_to(b"\n"),
                (b'/', b'*') => self.skip_to(b"*/"),
                (b'/', _) if self.begins_regex() => self.regex(),
                _ => {
                    self.at += 1;
                    match byte {
                        b'"' | b'\'' => self.literal(&[byte], Quote::Script, true, false),
                        b'`' => self.template(&mut templates),
                        b'{' => templates.iter_mut().rev().take(1).for_each(|open| *open += 1),
                        b'}' => match templates.last_mut() {
                            Some(0) => {
                                templates.pop();
                                self.template(&mut templates);
                            }
                            Some(open) => *open -= 1,
                            None => {}
                        },
                        _ => {}
                    }
                }
            }
        }
    }

    /// Reads a template up to its end or the next `${`.
    fn template(&mut self, templates: &mut Vec<usize>) {
        let start = self.at;
        let raw = self.bytes[..start.saturating_sub(1)].ends_with(b".raw");
        let quote = if raw { Quote::Raw } else { Quote::Script };
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'\\', _) => self.at += 2,
                (b'`', _) => {
                    self.found.push((start..self.at, quote));
                    self.at += 1;
                    return;
                }
                (b'$', b'{') => {
                    self.found.push((start..self.at, quote));
                    self.at += 2;
                    templates.push(0);
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.bytes.len();
    }

    /// Whether a slash begins a regular expression: it does where an operand is due.
    fn begins_regex(&self) -> bool {
        let before = self.bytes[..self.at].trim_ascii_end();
        let word = before.iter().rev().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let keyword = &before[before.len() - word..];
        before.last().is_none_or(|byte| b"(,=:[!&|?{};+-*%~^<>".contains(byte))
            || matches!(keyword, b"return" | b"typeof" | b"case" | b"in" | b"of" | b"await" | b"delete")
    }

    fn regex(&mut self) {
        let mut class = false;
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'\\' => self.at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' | b'\n' if !class => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at = (self.at + 1).min(self.bytes.len());
    }

    fn python(&mut self) {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'#' => self.skip_to(b"\n"),
                quote @ (b'"' | b'\'') => {
                    let prefix =
                        self.bytes[..self.at].iter().rev().take(3).take_while(|byte| byte.is_ascii_alphabetic());
                    // Bytes know neither `\U` nor letters beyond ASCII; raw strings know no escapes.
                    let raw = prefix.into_iter().any(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B'));
                    let kind = if raw { Quote::Raw } else { Quote::Python };
                    let triple = [quote; 3];
                    let long = self.bytes[self.at..].starts_with(&triple);
                    self.at += if long { 3 } else { 1 };
                    self.literal(if long { &triple } else { &triple[..1] }, kind, true, long);
                }
                _ => self.at += 1,
            }
        }
    }

    fn shell(&mut self) {
        while self.at < self.bytes.len() {
            let begins_word = self.at == 0 || matches!(self.bytes[self.at - 1], b' ' | b'\t' | b'\n' | b';');
            match self.peek(0) {
                b'#' if begins_word => self.skip_to(b"\n"),
                b'\\' => self.at += 2,
                b'$' if self.peek(1) == b'\'' => {
                    self.at += 2;
                    self.literal(b"'", Quote::Raw, true, true);
                }
                b'\'' => {
                    self.at += 1;
                    self.literal(b"'", Quote::ShellSingle, false, true);
                }
                b'"' => {
                    self.at += 1;
                    self.literal(b"\"", Quote::ShellDouble, true, true);
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insides(program: &str, language: Language) -> Vec<&str> {
        literals(program, language).into_iter().map(|(range, _)| &program[range]).collect()
    }

    #[test]
    fn literals_are_told_from_code() {
        let script = "a[ID_1] // 'no'\n/* \"no\" */ x = /['\"]/ + 'y\\'es' + `t${ {a: 'in'} }u` / 2 + \"z\"";
        assert_eq!(insides(script, Language::TypeScript), ["y\\'es", "t", "in", "u", "z"]);
        let python = "a[ID_1] # 'no'\nx = 'yes' + r\"raw\" + '''lo'ng\n''' + f\"{a}\"";
        assert_eq!(insides(python, Language::Python), ["yes", "raw", "lo'ng\n", "{a}"]);
        let shell = "echo [ID_1] # it's\necho 'one' \"two \\\" \" it\\'s $'x'";
        assert_eq!(insides(shell, Language::Bash), ["one", "two \\\" ", "x"]);
    }

    #[test]
    fn any_bytes_can_be_read_as_a_program() {
        for program in ["'", "\\", "`${", "`", "}", "/", "'''", "$'", "\"\\", "é'é", "/[", "`${`${`"] {
            Language::ALL.iter().for_each(|&language| drop(literals(program, language)));
        }
    }
}
