//! What depends on a language and needs large tables: order of text, plural forms, where words end. From ICU4X.
//!
//! Dates and numbers are not here: their patterns are small and are read by the prelude from `locales/`.

use fixed_decimal::Decimal;
use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralOperands, PluralRuleType, PluralRules, PluralRulesOptions};
use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
use std::cmp::Ordering;

/// Orders texts as readers of a language expect.
pub(crate) struct Order(CollatorBorrowed<'static>);

impl Order {
    /// An order by the options of `Intl.Collator`; a locale that is none of ours has the order of the root.
    pub(crate) fn new(locale: &str, sensitivity: &str, numeric: bool, first: &str, skip_marks: bool) -> Option<Self> {
        let mut preferences = CollatorPreferences::from(locale.parse::<Locale>().unwrap_or(Locale::UNKNOWN));
        if numeric {
            preferences.numeric_ordering = Some(CollationNumericOrdering::True);
        }
        match first {
            "upper" => preferences.case_first = Some(CollationCaseFirst::Upper),
            "lower" => preferences.case_first = Some(CollationCaseFirst::Lower),
            _ => {}
        }
        let mut options = CollatorOptions::default();
        options.strength = Some(match sensitivity {
            "base" | "case" => Strength::Primary,
            "accent" => Strength::Secondary,
            _ => Strength::Tertiary,
        });
        options.case_level = (sensitivity == "case").then_some(CaseLevel::On);
        options.alternate_handling = skip_marks.then_some(AlternateHandling::Shifted);
        CollatorBorrowed::try_new(preferences, options).ok().map(Self)
    }

    /// Negative, zero or positive.
    pub(crate) fn compare(&self, a: &str, b: &str) -> i32 {
        match self.0.compare(a, b) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }
}

fn rules(locale: &str, ordinal: bool) -> Option<PluralRules> {
    let kind = if ordinal { PluralRuleType::Ordinal } else { PluralRuleType::Cardinal };
    let locale = locale.parse::<Locale>().unwrap_or(Locale::UNKNOWN);
    PluralRules::try_new(locale.into(), PluralRulesOptions::default().with_type(kind)).ok()
}

fn word(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

/// The plural form of a number as it is written, such as `1.50`.
pub(crate) fn plural(locale: &str, ordinal: bool, number: &str) -> &'static str {
    let written = number.trim_start_matches('-').parse::<Decimal>();
    match (rules(locale, ordinal), written) {
        (Some(rules), Ok(written)) => word(rules.category_for(PluralOperands::from(&written))),
        _ => "other",
    }
}

/// The plural forms that a language has.
pub(crate) fn plurals(locale: &str, ordinal: bool) -> Vec<&'static str> {
    rules(locale, ordinal).map_or_else(|| vec!["other"], |rules| rules.categories().map(word).collect())
}

/// Where the parts of a text end, in units of UTF-16, each with whether it is a word.
pub(crate) fn segments(granularity: &str, text: &str) -> Vec<(usize, bool)> {
    let units: Vec<u16> = text.encode_utf16().collect();
    match granularity {
        "word" => {
            let segmenter = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
            segmenter.segment_utf16(&units).iter_with_word_type().map(|(at, kind)| (at, kind.is_word_like())).collect()
        }
        "sentence" => {
            let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
            segmenter.segment_utf16(&units).map(|at| (at, false)).collect()
        }
        _ => GraphemeClusterSegmenter::new().segment_utf16(&units).map(|at| (at, false)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_depends_on_the_language() {
        let order = |locale| Order::new(locale, "variant", false, "false", false).unwrap();
        assert_eq!(order("de").compare("ä", "z"), -1);
        assert_eq!(order("sv").compare("ä", "z"), 1);
        assert_eq!(order("not a locale").compare("a", "B"), -1);
    }

    #[test]
    fn plural_forms_depend_on_the_language() {
        assert_eq!(
            [plural("en", false, "1"), plural("en", false, "1.0"), plural("en", true, "2")],
            ["one", "other", "two"]
        );
        assert_eq!(
            [plural("pl", false, "3"), plural("pl", false, "5"), plural("ja", false, "1")],
            ["few", "many", "other"]
        );
        assert_eq!(plural("en", false, "what"), "other");
        assert_eq!(plurals("en", true), ["one", "two", "few", "other"]);
    }

    #[test]
    fn segments_end_where_readers_see_them_end() {
        assert_eq!(segments("grapheme", "e\u{301}x").len(), 3);
        let words = segments("word", "Hello, world");
        assert_eq!(words.iter().filter(|(_, word)| *word).count(), 2);
    }
}
