//! Laws that hold for any text and any values.

use crate::support::{find, key, options};
use outboard_vault::{Found, TokensHere, Vault, View};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        "[a-z]{1,8}@[a-z]{2,8}\\.example".prop_map(|value| ("EMAIL", value)),
        "[0-9]{12,16}".prop_map(|value| ("CARD", value)),
        "[A-Z][a-zéßø]{5,9} [A-Z'\"\\\\]?[a-z]{6,9}".prop_map(|value| ("NAME", value)),
        "[一-龥]{2,6}".prop_map(|value| ("NAME", value)),
    ]
}

/// Ordinary text, and text that is made to be taken for tokens.
fn filler() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ ,;:.!?é😀\n-]{1,6}",
        "( \\[EMAIL_[0-9]{1,3}\\] | %5BCARD_1%5d|\\[\\[NAME_1:…1234\\]|\\[LITERAL_1\\]|\\[EMAIL_|_1\\]|%5B|\\[TODO_1\\]|@)",
    ]
}

fn vault(domains: bool) -> Vault {
    let mut options = options();
    if domains {
        options.views.insert("EMAIL".to_owned(), View::Domain);
    }
    Vault::memory(&key(), options).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn protect_then_restore_is_the_same_text(
        parts in prop::collection::vec((filler(), value()), 1..12),
        domains: bool,
    ) {
        let vault = vault(domains);
        let session = vault.session("s", 0).unwrap();
        let mut text = String::from("x ");
        let mut found = Vec::new();
        for (filler, (kind, value)) in &parts {
            text.push_str(filler);
            found.push(Found { range: text.len()..text.len() + value.len(), kind, normal: value.as_str().into() });
            text.push_str(value);
        }
        text.push_str(" end");
        let out = session.protect(&text, &found, TokensHere::Foreign, Some("crm")).unwrap().text;
        prop_assert_eq!(session.restore(&out).unwrap(), text.clone());
        // Again, and without any finding: the same tokens.
        let again = session.protect(&text, &found, TokensHere::Foreign, None).unwrap().text;
        prop_assert_eq!(&again, &out);
        // Protected text is left as it is where tokens are at home.
        let own = session.protect(&out, &[], TokensHere::Own, None).unwrap().text;
        prop_assert_eq!(&own, &out);
        for (_, (kind, value)) in &parts {
            prop_assert!(domains && *kind == "EMAIL" || !out.contains(value.as_str()), "{} in {}", value, out);
        }
    }

    #[test]
    fn any_text_and_findings_do_no_harm(
        text in "\\PC{0,60}",
        ranges in prop::collection::vec((0..80_usize, 0..20_usize), 0..5),
    ) {
        let vault = vault(true);
        let session = vault.session("s", 0).unwrap();
        let found: Vec<Found<'_>> = ranges
            .iter()
            .map(|&(start, length)| Found { range: start..start + length, kind: "EMAIL", normal: format!("{start}-{length}").into() })
            .collect();
        let out = session.protect(&text, &found, TokensHere::Foreign, None).unwrap();
        prop_assert_eq!(out.hidden, 0);
        let _ = session.restore(&text);
        let _ = session.flows("x", &serde_json::json!({ "t": text }));
    }

    #[test]
    fn known_values_are_masked_wherever_they_occur(values in prop::collection::vec(value(), 1..6), noise in "[ ,.;\n]{1,3}") {
        let vault = vault(false);
        let session = vault.session("s", 0).unwrap();
        for (kind, value) in &values {
            session.observe(value, &find(value, &[(kind, value)]), Some("crm")).unwrap();
        }
        let text: String = values.iter().map(|(_, value)| format!("{noise}{value}{noise}")).collect();
        let out = session.protect(&text, &[], TokensHere::Foreign, None).unwrap().text;
        for (_, value) in &values {
            prop_assert!(!out.contains(value.as_str()), "{} in {}", value, out);
        }
        prop_assert_eq!(session.restore(&out).unwrap(), text);
    }
}
