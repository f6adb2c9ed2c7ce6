//! Counting, against the vocabulary itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use outboard_ledger::{Estimate, O200k, TokenCounter};
use proptest::prelude::*;
use std::sync::LazyLock;

static WHOLE: LazyLock<tiktoken_rs::CoreBPE> = LazyLock::new(|| tiktoken_rs::o200k_base().unwrap());

#[test]
fn texts_have_the_tokens_that_the_library_finds() {
    let words =
        "The customer's 1234567 order — naïve, \"quoted\": {\"id\":\"ORD00001\",\"n\":12.5}\r\n\t it's\u{301} 東京 ";
    for text in [words.repeat(3_000), "{\"a\":[1,2,3]},".repeat(20_000), "word\n\n  ".repeat(30_000)] {
        assert_eq!(O200k.count(&text), WHOLE.encode_ordinary(&text).len() as u64);
    }
}

#[test]
fn counters_say_what_their_figures_are() {
    assert_eq!((O200k.count("Hello, world"), O200k.label()), (3, "o200k"));
    assert_eq!((Estimate.count("12345"), Estimate.label()), (2, "estimate"));
}

/// What the library counts, with its own pattern and its own joining.
fn theirs(text: &str) -> u64 {
    WHOLE.encode_ordinary(text).len() as u64
}

#[test]
fn the_projects_own_texts_have_the_tokens_that_the_library_finds() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let files = std::fs::read_dir(docs).unwrap().map(|file| file.unwrap().path());
    let texts: Vec<String> = files.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    assert!(texts.len() > 20);
    for text in texts {
        assert_eq!(O200k.count(&text), theirs(&text), "{}", &text[..60.min(text.len())]);
    }
}

#[test]
fn a_word_without_end_takes_no_time_without_end() {
    for text in ["a".repeat(300_000), "é".repeat(100_000), " ".repeat(300_000), "\u{301}".repeat(100_000)] {
        let tokens = O200k.count(&text);
        assert!(tokens > 0 && tokens < text.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_has_the_tokens_that_the_library_finds(text in any::<String>()) {
        prop_assert_eq!(O200k.count(&text), theirs(&text));
    }

    /// Where words, marks and white space meet, the rules meet too.
    #[test]
    fn so_has_what_stands_in_json_and_prose(text in "[a-cA-C0-9 .,;:'\"/\n\r\t{}éÉß東\u{301}\u{3000}\u{85}sStTlLvVeE-]{0,60}") {
        prop_assert_eq!(O200k.count(&text), theirs(&text));
    }
}
