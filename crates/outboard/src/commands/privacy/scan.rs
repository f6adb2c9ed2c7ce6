//! `outboard privacy scan`: what would be kept from a model, in a text or in JSON.

use crate::failure::Failure;
use crate::{compose, output};
use outboard_config::Settings;
use outboard_privacy::{Detector, Finding, Hints, Part};
use outboard_types::ErrorCode;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

/// Larger inputs are refused: the text and all that is found in it are held in memory.
const MOST: u64 = 256 << 20;

/// One finding, with offsets in characters.
#[derive(Serialize)]
struct Span<'f> {
    start: usize,
    end: usize,
    kind: &'f str,
    confidence: f64,
    rule: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'f str>,
}

/// Tells what is private in a text, or in the texts of JSON where the input is that.
pub(super) fn scan(settings: &Settings, file: Option<&Path>, json: bool) -> Result<(), Failure> {
    let detector = Detector::new(&compose::detector(&settings.privacy)?)
        .map_err(|error| Failure::new(ErrorCode::InvalidSettings, error.to_string()))?;
    let text = read(file)?;
    // What is nested too deeply to be read as JSON is read as the text that it is.
    match serde_json::from_str::<Value>(&text) {
        Ok(value) if value.is_object() || value.is_array() => in_json(&detector, &value, json),
        _ => {
            let found = detector.text(&text);
            let mut place = Place::of(&text);
            show(found.iter().map(|finding| span(finding, &mut place, None)).collect(), json);
        }
    }
    Ok(())
}

fn in_json(detector: &Detector, value: &Value, json: bool) {
    let found = detector.json(value, &Hints::default());
    let spans = found.iter().filter_map(|found| {
        let text = match (found.part, value.pointer(&found.pointer)?) {
            (Part::Key, _) => Cow::Owned(last_key(&found.pointer)),
            (_, Value::String(text)) => Cow::Borrowed(text.as_str()),
            (_, other) => Cow::Owned(other.to_string()),
        };
        Some(span(&found.finding, &mut Place::of(&text), Some(&found.pointer)))
    });
    show(spans.collect(), json);
}

fn last_key(pointer: &str) -> String {
    pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

fn show(spans: Vec<Span<'_>>, json: bool) {
    if json {
        output::json(&spans);
        return;
    }
    let line = |span: &Span<'_>| {
        let place = span.pointer.map(|pointer| format!(" in {pointer}")).unwrap_or_default();
        format!("{:>8} {:>8} {}{place} ({})\n", span.start, span.end, span.kind, span.rule)
    };
    output::piece(&spans.iter().map(line).collect::<String>());
}

/// Counts the characters of a text from one finding to the next: each is looked at once.
struct Place<'t> {
    text: &'t str,
    bytes: usize,
    chars: usize,
}

impl<'t> Place<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, bytes: 0, chars: 0 }
    }

    fn at(&mut self, bytes: usize) -> usize {
        if bytes < self.bytes {
            *self = Self::of(self.text);
        }
        self.chars += self.text.get(self.bytes..bytes).map_or(0, |between| between.chars().count());
        self.bytes = bytes;
        self.chars
    }
}

fn span<'f>(finding: &'f Finding, place: &mut Place<'_>, pointer: Option<&'f str>) -> Span<'f> {
    // To two places, as rules give it: a single-precision number shows noise beyond.
    let confidence = (f64::from(finding.confidence) * 100.0).round() / 100.0;
    let (start, end) = (place.at(finding.range.start), place.at(finding.range.end));
    Span { start, end, kind: finding.kind.label(), confidence, rule: &finding.rule, pointer }
}

/// A file, or what comes in.
pub(super) fn read(file: Option<&Path>) -> Result<String, Failure> {
    let file = file.filter(|file| *file != Path::new("-"));
    let name = file.map_or_else(|| "the input".to_owned(), |file| file.display().to_string());
    let failed = |error: std::io::Error| Failure::usage(format!("{name}: {error}"));
    let mut bytes = Vec::new();
    match file {
        Some(file) => std::fs::File::open(file).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)),
        None => std::io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes),
    }
    .map_err(failed)?;
    if bytes.len() as u64 > MOST {
        let text = format!("{name} has more than {} MiB", MOST >> 20);
        return Err(Failure::usage(text).hint("split it, for example with `split -C 100M FILE`"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("{name} is not UTF-8 text: byte {at} begins no character")).hint(
            "convert a text, for example with `iconv -f latin1 -t utf-8 FILE`; other files have no text to look at",
        )
    })
}
