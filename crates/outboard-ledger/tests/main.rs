//! Counting, against the vocabulary itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use outboard_ledger::{Estimate, O200k, TokenCounter};
use proptest::prelude::*;
use std::sync::LazyLock;

static WHOLE: LazyLock<tiktoken_rs::CoreBPE> = LazyLock::new(|| tiktoken_rs::o200k_base().unwrap());

#[test]
fn a_long_text_has_the_tokens_that_it_has_in_one_piece() {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Around the cut stand made-up texts; what is before and behind it is long.
    #[test]
    fn no_cut_changes_the_count(middle in "[a-zA-Z0-9 .,;:'\"\n\r\t{}éß東-]{0,400}", words in 20_000_usize..22_000) {
        let text = format!("{}{middle}{}", "ab ".repeat(words), " cd".repeat(2_000));
        prop_assert_eq!(O200k.count(&text), WHOLE.encode_ordinary(&text).len() as u64);
    }
}
