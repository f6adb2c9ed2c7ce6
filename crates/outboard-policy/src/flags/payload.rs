//! Things that are not sentences: encoded text, images that carry data away, sheer length.

use super::fold::{rot13, squeezed, unescaped};
use super::{Finding, FlagKind, Weight, fold, phrases};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::Regex;
use std::sync::LazyLock;

/// Longer texts are noted. The longest tenth of a percent of honest descriptions is about so long.
const LONG: usize = 12_000;

/// Phrases without spaces, for texts whose letters were spaced out, turned round or replaced.
const SQUEEZED: &[&str] = &[
    "ignoreprevious",
    "ignoreallprevious",
    "ignoreallprior",
    "ignoretheprevious",
    "ignoreyourinstructions",
    "disregardprevious",
    "disregardallprevious",
    "donottelltheuser",
    "donttelltheuser",
    "donotmentionthis",
    "withouttellingtheuser",
    "systemprompt",
    "revealthesystem",
    "sendtheconversation",
];

static BLOB: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/_-]{32,}={0,2}").expect("invariant: a tested pattern"));
static IMAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"!\[[^\]]*\]\(\s*https?://[^)]*[?&/][^)]*(?:=|\{|\$|<)|<img[^>]+src\s*=\s*["']?https?://[^>]*[?{]"#)
        .expect("invariant: a tested pattern")
});

pub(super) fn inspect(text: &str, plain: &str) -> Vec<Finding> {
    let mut found: Vec<Finding> = BLOB.find_iter(text).take(20).filter_map(|blob| encoded(blob.as_str())).collect();
    if let Some(decoded) = unescaped(text)
        && phrases::speaks(&fold::plain(&decoded))
    {
        let why = "it spells an instruction in escapes";
        found.push(Finding::new(FlagKind::Encoded, Weight::Warning, &decoded, why));
    }
    found.extend(respelled(plain));
    if let Some(image) = IMAGE.find(plain) {
        let why = "an image whose address carries data away when it is shown";
        found.push(Finding::new(FlagKind::Exfiltration, Weight::Warning, image.as_str(), why));
    }
    found
}

/// That a text is longer than it needs to be.
pub(super) fn long(field: &str, text: &str) -> Option<Finding> {
    let why = format!("{} characters are far more than a description needs", text.chars().count());
    (text.len() > LONG && !field.is_empty()).then(|| Finding::new(FlagKind::Long, Weight::Note, text, &why))
}

/// A phrase that shows only once spaces and digits are read as they are meant.
fn respelled(plain: &str) -> Option<Finding> {
    let letters = squeezed(plain);
    let backwards: String = letters.chars().rev().collect();
    let turned = rot13(&letters);
    let spoken = |text: &str, from: usize| SQUEEZED[from..].iter().any(|phrase| text.contains(phrase));
    let why = if spoken(&backwards, 0) {
        "it holds an instruction written backwards"
    } else if spoken(&turned, 0) {
        "it holds an instruction with turned letters"
    } else if spoken(&letters, 0) && !phrases::speaks(plain) && !plain.contains("system prompt") && odd(plain) {
        "it holds an instruction in an odd spelling"
    } else {
        return None;
    };
    Some(Finding::new(FlagKind::Encoded, Weight::Warning, plain, why))
}

/// Whether the text holds letters standing alone in a row, or digits inside words.
fn odd(plain: &str) -> bool {
    static ODD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:\b[a-z][\s._*-]+){5,}|\b[a-z]*[0134579@$][a-z]+[0134579@$][a-z]*\b|[a-z]+[-._*][a-z]+[-._*][a-z]+[-._*][a-z]")
            .expect("invariant: a tested pattern")
    });
    ODD.is_match(plain)
}

/// What a run of code letters decodes to, if that is a text.
fn encoded(blob: &str) -> Option<Finding> {
    let text = decoded(blob).filter(|text| readable(text))?;
    let why = "it holds encoded text that people do not read";
    Some(Finding::new(FlagKind::Encoded, Weight::Warning, &text, why))
}

fn decoded(blob: &str) -> Option<String> {
    let digits = blob.as_bytes();
    if digits.iter().all(u8::is_ascii_hexdigit) && digits.len().is_multiple_of(2) {
        let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16));
        return String::from_utf8(bytes.collect::<Result<_, _>>().ok()?).ok();
    }
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if blob.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    String::from_utf8(GeneralPurpose::new(&alphabet, config).decode(blob).ok()?).ok()
}

/// Words with spaces between them, not chance.
fn readable(text: &str) -> bool {
    let plain = text.bytes().filter(|byte| byte.is_ascii_alphanumeric() || b" .,'/:~-".contains(byte)).count();
    text.len() >= 16 && plain * 10 >= text.len() * 9 && text.split(' ').count() >= 3
}
