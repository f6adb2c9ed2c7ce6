//! Values become tokens and come back.

use crate::support::{domains, find, key, protect, session, shown};
use outboard_vault::{Found, Options, RestoreError, TokensHere, Vault};

const ANN: (&str, &str) = ("EMAIL", "ann@corp.example");
const BOB: (&str, &str) = ("EMAIL", "bob@corp.example");

fn refused(session: &outboard_vault::Session, text: &str) -> String {
    match session.restore(text) {
        Err(RestoreError::Token(error)) => error.to_string(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn one_value_has_one_token_in_every_text_and_spelling() {
    let s = session();
    assert_eq!(shown(&s, "from ann@corp.example to bob@corp.example", &[ANN, BOB]), "from [EMAIL_1] to [EMAIL_2]");
    assert_eq!(shown(&s, "ANN@Corp.Example", &[("EMAIL", "ANN@Corp.Example")]), "[EMAIL_1]");
    // Known values are masked where detection finds nothing, also percent-encoded and in other normal forms.
    assert_eq!(shown(&s, "?to=bob%40corp.example;Ann@corp.example", &[]), "?to=%5BEMAIL_2%5D;[EMAIL_1]");
    let phone = ("PHONE", "+1 (415) 555-0123");
    assert_eq!(shown(&s, "call +1 (415) 555-0123", &[phone]), "call [PHONE_1]");
    assert_eq!(shown(&s, "call +14155550123 now", &[]), "call [PHONE_1] now");
    assert_eq!(s.restore("call [PHONE_1]: %5BEMAIL_2%5D").unwrap(), "call +1 (415) 555-0123: bob%40corp.example");
}

#[test]
fn names_are_not_masked_within_words_and_words_are_not_taken_for_names() {
    let s = session();
    assert_eq!(shown(&s, "Mark met Müller", &[("NAME", "Mark"), ("NAME", "Müller")]), "[NAME_1] met [NAME_2]");
    assert_eq!(
        shown(&s, "mark this; Marker; MÜLLER; mu\u{308}ller; Mark", &[]),
        "mark this; Marker; [NAME_2]; [NAME_2]; [NAME_1]"
    );
}

#[test]
fn a_text_that_looks_like_a_token_never_becomes_one() {
    let s = session();
    let text = "[EMAIL_1] %5BEMAIL_7%5D [TODO_1] ann@corp.example";
    let out = shown(&s, text, &[ANN]);
    assert_eq!(out, "[LITERAL_1] [LITERAL_2] [TODO_1] [EMAIL_1]");
    assert_eq!(s.restore(&out).unwrap(), text);
    // Later, when the number was given out, the text is still only text.
    assert_eq!(shown(&s, "[EMAIL_1] [LITERAL_1]", &[]), "[LITERAL_1] [LITERAL_3]");
}

#[test]
fn no_token_hides_within_what_begins_like_another() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    let text = "[CARD_1: ann@corp.example[[EMAIL_1] %5BCARD_1%3Aann@corp.example%5BEMAIL_1%5D";
    let out = shown(&s, text, &[ANN]);
    assert_eq!(out, "[CARD_1: [EMAIL_1][[LITERAL_1] %5BCARD_1%3A[EMAIL_1][LITERAL_2]");
    assert_eq!(s.restore(&out).unwrap(), text);
}

#[test]
fn text_made_from_protected_text_keeps_its_tokens() {
    let vault = Vault::memory(&key(), domains()).unwrap();
    let s = vault.session("s", 0).unwrap();
    shown(&s, "ann@corp.example 4111 1111 1111 1111", &[ANN, ("CARD", "4111 1111 1111 1111")]);
    let text = "[EMAIL_1]@corp.example, [CARD_1:…1111], [EMAIL_2], bob@corp.example";
    let out = s.protect(text, &find(text, &[BOB]), TokensHere::Own, None).unwrap();
    assert_eq!(out.text, "[EMAIL_1]@corp.example, [CARD_1:…1111], [LITERAL_1], [EMAIL_2]@corp.example");
    assert_eq!(s.restore(&out.text).unwrap(), "ann@corp.example, 4111 1111 1111 1111, [EMAIL_2], bob@corp.example");
}

#[test]
fn partial_views_restore_exactly() {
    let vault = Vault::memory(&key(), domains()).unwrap();
    let s = vault.session("s", 0).unwrap();
    let text = "ann@corp.example@corp.example.x 4111-1111-1111-1234";
    let out = shown(&s, text, &[ANN, ("CARD", "4111-1111-1111-1234")]);
    assert_eq!(out, "[EMAIL_1]@corp.example@corp.example.x [CARD_1:…1234]");
    assert_eq!(s.restore(&out).unwrap(), text);
    for same in ["[EMAIL_1]", "[EMAIL_1]@CORP.example"] {
        assert_eq!(s.restore(same).unwrap(), "ann@corp.example", "{same}");
    }
    assert_eq!(s.restore("%5BEMAIL_1%5D%40corp.example").unwrap(), "ann%40corp.example");
    for same in ["[CARD_1]", "[CARD_1:...1234]", "[CARD_1:1234]"] {
        assert_eq!(s.restore(same).unwrap(), "4111-1111-1111-1234", "{same}");
    }
    assert!(refused(&s, "[CARD_1:…9999]").contains("given out as [CARD_1:…1234]"));
    assert!(refused(&s, "[EMAIL_1]@evil.example").contains("whole address"));
}

#[test]
fn what_was_not_given_out_is_an_error_that_says_so() {
    let vault = Vault::memory(&key(), Options::default()).unwrap();
    let (a, b) = (vault.session("a", 0).unwrap(), vault.session("b", 0).unwrap());
    shown(&a, "ann@corp.example", &[ANN]);
    for text in [
        "[EMAIL_1]",
        "x [EMAIL_01]",
        "[PHONE_4]",
        "[EMAIL_99999999999]",
        "https://x.example/?q=%5bEMAIL_2%5d",
        "[LITERAL_1]",
    ] {
        let message = refused(&b, text);
        assert!(message.contains("not a token of this session"), "{message}");
    }
    assert!(refused(&a, "[EMAIL_2]").contains("[EMAIL_1] is the only one"));
    assert_eq!(a.restore("[TODO_1] [email_1] [EMAIL_1 arr[0]").unwrap(), "[TODO_1] [email_1] [EMAIL_1 arr[0]");
}

#[test]
fn odd_findings_hide_more_rather_than_less() {
    let s = session();
    let text = "é ann@corp.example";
    let odd = |range| Found { range, kind: "EMAIL", normal: "x".into() };
    let found = [odd(3..10), odd(8..19), odd(1..1), odd(40..90), Found { kind: "unheard of", ..odd(0..1) }];
    let out = s.protect(text, &found, TokensHere::Foreign, None).unwrap();
    assert_eq!(out.text, "[PRIVATE_1] [EMAIL_1]");
    assert_eq!(s.restore(&out.text).unwrap(), text);
}

#[test]
fn a_full_session_hides_without_tokens() {
    let vault = Vault::memory(&key(), Options { max_values: 1, ..Options::default() }).unwrap();
    let s = vault.session("s", 0).unwrap();
    let out = protect(&s, "ann@corp.example bob@corp.example", &[ANN, BOB]);
    assert_eq!((out.text.as_str(), out.hidden), ("[EMAIL_1] [EMAIL]", 1));
}

#[test]
fn a_thousand_customers_go_there_and_back() {
    let s = session();
    let values: Vec<(String, String)> =
        (0..1000).map(|n| (format!("Customer{n} Name{n}"), format!("customer{n}@mail{}.example", n % 7))).collect();
    let text: String = values.iter().map(|(name, email)| format!("{name};{email}\n")).collect();
    let found: Vec<Found<'_>> = values
        .iter()
        .flat_map(|(name, email)| {
            let at = text.find(&format!("{name};")).unwrap();
            let range = at + name.len() + 1..at + name.len() + 1 + email.len();
            let email = Found { range, kind: "EMAIL", normal: email.to_lowercase().into() };
            [Found { range: at..at + name.len(), kind: "NAME", normal: name.to_lowercase().into() }, email]
        })
        .collect();
    let out = s.protect(&text, &found, TokensHere::Foreign, Some("crm")).unwrap();
    assert_eq!(out.tokens.len(), 2000);
    assert!(!out.text.contains("ustomer"));
    assert_eq!(s.restore(&out.text).unwrap(), text);
    assert_eq!(shown(&s, &text, &[]), out.text);
}

#[test]
fn nothing_that_prints_itself_shows_a_value() {
    let vault = Vault::memory(&key(), Options::default()).unwrap();
    let s = vault.session("s", 0).unwrap();
    shown(&s, "ann@corp.example", &[ANN]);
    let printed = format!("{vault:?} {s:?} {:?} {:?}", key(), outboard_vault::RestoreStream::new(s.clone()));
    assert!(!printed.contains("ann@") && !printed.contains(crate::support::KEY), "{printed}");
}
