//! Values on their way to other servers.

use crate::support::{key, options, session, shown};
use outboard_vault::{Action, FlowRule, FlowRules, Options, Session, Vault};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("EMAIL", "Ann.Lee@corp.example");

fn how(session: &Session, arguments: &Value) -> Vec<(String, String)> {
    let flows = session.flows("slack", arguments).unwrap().flows;
    flows.into_iter().map(|flow| (flow.path, flow.how)).collect()
}

fn one(session: &Session, text: &str) -> String {
    let found = how(session, &json!({ "t": text }));
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found[0].1.clone()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(text)
}

#[test]
fn a_value_is_found_in_every_encoding() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    let hex: String = ANN.1.bytes().map(|byte| format!("{byte:02X}")).collect();
    for (text, expected) in [
        ("  Ann.Lee@corp.example\n".to_owned(), "verbatim"),
        ("<mailto:ANN.LEE@CORP.EXAMPLE>".to_owned(), "case"),
        ("Ａnn.Lee@corp.example".to_owned(), "unicode"),
        ("q=Ann.Lee%40corp.example&x".to_owned(), "url"),
        ("\\u0041nn.Lee\\u0040corp.example".to_owned(), "json"),
        ("Ann.Lee&#64;corp.example".to_owned(), "html"),
        (format!("0x{hex}"), "hex"),
        (base64(&base64(ANN.1)), "base64+base64"),
        (base64("x=Ann.Lee%40corp.example"), "base64+url"),
        (base64(ANN.1).replace('=', "%3D"), "base64"),
    ] {
        assert_eq!(one(&s, &text), expected, "{text}");
    }
    for before in ["", "a", "ab", "abc"] {
        for glued in ["", "Z", "ZZ", "ZZZ"] {
            let text = format!("{glued}{}", base64(&format!("{before}{}!", ANN.1)));
            assert_eq!(one(&s, &text), "base64", "{text}");
            assert_eq!(one(&s, &text.replace('+', "-").replace('/', "_").replace('=', "")), "base64", "{text}");
        }
    }
}

#[test]
fn numbers_separators_parts_and_keys_count() {
    let s = session();
    shown(&s, "+1 415 555 0123 4111111111111234", &[("PHONE", "+1 415 555 0123"), ("CARD", "4111111111111234")]);
    shown(&s, ANN.1, &[ANN]);
    assert_eq!(one(&s, "(1)415.555.0123"), "reformatted");
    assert_eq!(how(&s, &json!({"a": [0, 4_111_111_111_111_234_u64]})), [("/a/1".into(), "verbatim".into())]);
    assert_eq!(
        how(&s, &json!({"x/y": {"Ann.Lee@corp.example": 1}})),
        [("/x~1y/Ann.Lee@corp.example".into(), "verbatim".into())]
    );
    assert_eq!(how(&s, &json!(["Ann.Lee@", "corp.example"])), [(String::new(), "split".into())]);
}

/// What a reader undoes without thinking, and what a program does with one more line.
#[test]
fn a_value_that_was_bent_is_found() {
    let s = session();
    shown(&s, "Ann.Lee@corp.example +1 415 555 0123", &[ANN, ("PHONE", "+1 415 555 0123")]);
    let letters = |separator: &str| ANN.1.chars().map(String::from).collect::<Vec<_>>().join(separator);
    let turned: String = ANN
        .1
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            'a'..='m' => char::from(c as u8 + 13),
            'n'..='z' => char::from(c as u8 - 13),
            _ => c,
        })
        .collect();
    let backwards: String = ANN.1.chars().rev().collect();
    let hex = |separator: &str| ANN.1.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator);
    let chunks = |text: &str| {
        text.as_bytes().chunks(5).map(|five| String::from_utf8(five.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    for (text, expected) in [
        (backwards.clone(), "reversed"),
        (base64(&backwards), "base64+reversed"),
        (base64(ANN.1).chars().rev().collect(), "reversed+base64"),
        (turned, "rot13"),
        (letters("-"), "reformatted"),
        (letters(" . "), "reformatted"),
        (letters("\u{200b}"), "reformatted"),
        ("Аnn.Lее@corp.example".to_owned(), "lookalike"),
        (hex(" "), "codes"),
        (hex(", 0x"), "codes"),
        (hex(":"), "codes"),
        (ANN.1.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(","), "codes"),
        (chunks(&base64(ANN.1)).join(" | "), "pieces+base64"),
        (chunks(&hex("")).join(" "), "pieces+hex"),
    ] {
        assert_eq!(one(&s, &text), expected, "{text}");
    }
    // What one argument alone does not show.
    let split = |arguments: Value| {
        let found = how(&s, &arguments);
        assert!(found.iter().any(|(path, how)| path.is_empty() && how.starts_with("split")), "{arguments}: {found:?}");
    };
    split(json!({"a": "x Ann.Lee@", "b": "corp.example y"}));
    split(json!({"b": "corp.example y", "c": "x Ann.Lee@"}));
    split(json!({"t": ANN.1.chars().map(String::from).collect::<Vec<_>>()}));
    split(json!({"t": ANN.1.bytes().map(u64::from).collect::<Vec<_>>()}));
    split(json!({"long": format!("{} Ann.Lee@", "x ".repeat(9_000)), "t": "corp.example"}));
    split(json!({"t": chunks(&base64(ANN.1))}));
    split(json!({"Ann.Lee@": {"corp.example": 1}}));
}

#[test]
fn a_value_that_is_sent_in_several_calls_is_found_with_its_last_piece() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    assert!(how(&s, &json!({"t": "to: Ann.Lee", "n": 1})).is_empty());
    assert!(how(&s, &json!({"u": "@corp.example", "n": 2})).is_empty(), "another argument");
    assert_eq!(how(&s, &json!({"t": "@corp.example", "n": 3})), [("/t".to_owned(), "earlier".to_owned())]);
    assert!(how(&s, &json!({"t": "nothing of it", "n": 4})).is_empty(), "it is told once");
    let mut found = Vec::new();
    for c in ANN.1.chars() {
        found.extend(how(&s, &json!({"c": c.to_string()})));
    }
    assert_eq!(found, [("/c".to_owned(), "earlier".to_owned())]);
    let pieces: Vec<_> = base64(ANN.1)
        .as_bytes()
        .chunks(9)
        .flat_map(|piece| how(&s, &json!({"b": String::from_utf8(piece.to_vec()).unwrap()})))
        .collect();
    assert_eq!(pieces.len(), 1, "{pieces:?}");
}

/// What no bounded look finds, which is said in the documentation.
#[test]
fn what_is_encrypted_or_mixed_with_other_text_passes() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    let shifted: String = ANN.1.bytes().map(|byte| char::from(byte + 1)).collect();
    let mixed: String = ANN.1.chars().flat_map(|c| [c, 'q']).collect();
    for text in [shifted, mixed] {
        assert!(how(&s, &json!({ "t": text })).is_empty(), "{text}");
    }
}

#[test]
fn what_goes_back_or_is_no_value_is_no_flow() {
    let s = session();
    shown(&s, "Ann.Lee@corp.example Mark", &[ANN, ("NAME", "Mark")]);
    assert!(s.flows("crm", &json!(ANN.1)).unwrap().flows.is_empty());
    assert!(how(&s, &json!({"t": "mark the market, ann lee at corp.example", "n": [1, 2.5, null, true]})).is_empty());
    // Seen at the other server too, it is no longer news there.
    s.protect(ANN.1, &[], outboard_vault::TokensHere::Foreign, Some("slack")).unwrap();
    assert!(how(&s, &json!(ANN.1)).is_empty());
}

#[test]
fn rules_decide_in_order_and_the_strictest_flow_counts() {
    #[derive(serde::Deserialize)]
    struct Written {
        flows: Vec<FlowRule>,
    }
    let written: Written = toml::from_str(
        "[[flows]]\nfrom = [\"crm*\"]\nkinds = [\"EMAIL\"]\nto = [\"sla*\"]\naction = \"ask\"\nreason = \"customers\"\n\
         [[flows]]\nkinds = [\"CARD\"]\naction = \"deny\"\n",
    )
    .unwrap();
    let rules = FlowRules::new(written.flows, Action::Allow);
    let s = session();
    shown(&s, "Ann.Lee@corp.example 4111111111111234", &[ANN, ("CARD", "4111111111111234")]);
    let decide = |to: &str, text: &str| rules.decide(&s.flows(to, &json!({ "t": text })).unwrap());
    let asked = decide("slack", ANN.1);
    assert_eq!(asked.action, Action::Ask);
    let told = "[EMAIL_1] from crm to slack at /t (verbatim) needs a person by rule 1 of [[privacy.flows]]: customers";
    assert_eq!(asked.to_string(), told);
    assert_eq!(decide("mail", ANN.1).action, Action::Allow);
    let denied = decide("slack", "Ann.Lee@corp.example 4111-1111-1111-1234");
    assert_eq!((denied.action, denied.flows), (Action::Deny, 1));
    assert!(toml::from_str::<Written>("[[flows]]\naction = \"deny\"\nform = [\"x\"]").is_err());
}

#[test]
fn the_oldest_values_are_let_go_and_counted() {
    let vault = Vault::memory(&key(), Options { max_origins: 10, ..options() }).unwrap();
    let s = vault.session("s", 0).unwrap();
    for n in 0..100 {
        let value = format!("user{n:03}@corp.example");
        shown(&s, &value, &[("EMAIL", &value)]);
    }
    let size = s.origins();
    assert!(size.watched <= 10 && size.watched as u64 + size.let_go == 100, "{size:?}");
    assert_eq!(one(&s, "user099@corp.example"), "verbatim");
    assert!(how(&s, &json!("user000@corp.example")).is_empty());
    assert_eq!(s.restore("[EMAIL_1]").unwrap(), "user000@corp.example");
}

#[test]
fn encodings_without_end_are_given_up_and_said() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    let mut text = ANN.1.to_owned();
    for _ in 0..12 {
        text = base64(&text);
    }
    let arguments = json!({ "t": text.repeat(200) });
    let checked = s.flows("slack", &arguments).unwrap();
    assert!(checked.flows.is_empty());
    let rules = FlowRules::new(
        vec![FlowRule {
            from: vec!["*".into()],
            kinds: vec!["*".into()],
            to: vec!["*".into()],
            action: Action::Deny,
            reason: None,
        }],
        Action::Allow,
    );
    let expected = if checked.complete { Action::Allow } else { Action::Ask };
    assert_eq!(rules.decide(&checked).action, expected);
}
