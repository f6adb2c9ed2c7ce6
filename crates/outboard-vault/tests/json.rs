//! Values within JSON, and JSON within strings.

use crate::support::{find, session, shown};
use outboard_vault::TokensHere;
use serde_json::{Value, json};

const ODD: (&str, &str) = ("NAME", "O\"Brien \\ Søn");
const ANN: (&str, &str) = ("EMAIL", "ann@corp.example");

#[test]
fn arguments_are_restored_at_every_depth() {
    let s = session();
    shown(&s, ODD.1, &[ODD]);
    shown(&s, ANN.1, &[ANN]);
    let inner = json!({"who": ["[NAME_1]", {"deep": "x [EMAIL_1] y"}]}).to_string();
    let twice = json!({"payload": inner.clone(), "n": 1.50}).to_string();
    let mut arguments = json!({"a": ["[NAME_1]"], "inner": inner, "twice": twice, "[EMAIL_1]": 5, "url": "https://x.example/?q=%5BNAME_1%5D"});
    s.restore_value(&mut arguments).unwrap();
    assert_eq!(arguments["a"][0], ODD.1);
    assert_eq!(arguments[ANN.1], 5);
    assert_eq!(arguments["url"], "https://x.example/?q=O%22Brien%20%5C%20S%C3%B8n");
    let read = |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap()).unwrap();
    assert_eq!(read(&arguments["inner"])["who"][0], ODD.1);
    assert_eq!(read(&arguments["inner"])["who"][1]["deep"], "x ann@corp.example y");
    assert_eq!(read(&read(&arguments["twice"])["payload"])["who"][0], ODD.1);
}

#[test]
fn json_text_keeps_its_own_spelling_elsewhere() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    let text = "{ \"a\" : \"\\u00e9[TODO_1]\",\n \"b\":1.50, \"c\": \"[EMAIL_1]\" }";
    let expected = "{ \"a\" : \"\\u00e9[TODO_1]\",\n \"b\":1.50, \"c\": \"ann@corp.example\" }";
    assert_eq!(s.restore(text).unwrap(), expected);
    assert!(s.restore_value(&mut json!({"a": {"b": ["[EMAIL_2]"]}})).is_err());
}

/// Who writes a token in escapes was not shown it: it is an upstream that guesses.
#[test]
fn what_hides_in_escapes_stays_text() {
    let s = session();
    shown(&s, "ann@corp.example O\"Brien \\ Søn", &[ANN, ODD]);
    for text in [r#"{"c": "\u005bEMAIL_1]"}"#, r#"{"c": "[\u0045MAIL_1]"}"#, r#"{"c": "{\"d\": \"\\u005bEMAIL_1]\"}"}"#]
    {
        assert_eq!(s.restore(text).unwrap(), text);
    }
    let mixed = s.restore(r#"{"c": "\u005bEMAIL_1] [NAME_1]"}"#).unwrap();
    assert_eq!(mixed, r#"{"c": "\u005bEMAIL_1] O\"Brien \\ Søn"}"#);
}

#[test]
fn strings_keys_and_numbers_are_protected() {
    let s = session();
    let mut value =
        json!({"ann@corp.example": {"n": 4_111_111_111_111_234_u64, "t": "O\"Brien \\ Søn", "k": 7, "z": null}});
    let mut pointers = Vec::new();
    s.protect_value(&mut value, TokensHere::Foreign, Some("crm"), &mut |pointer, text| {
        pointers.push(pointer.to_owned());
        find(text, &[ANN, ODD, ("CARD", "4111111111111234")])
    })
    .unwrap();
    assert_eq!(value, json!({"[EMAIL_1]": {"n": "[CARD_1:…1234]", "t": "[NAME_1]", "k": 7, "z": null}}));
    assert!(pointers.contains(&"/ann@corp.example/t".to_owned()));
    s.restore_value(&mut value).unwrap();
    assert_eq!(value["ann@corp.example"]["t"], ODD.1);
}

#[test]
fn values_in_json_text_are_what_the_escapes_stand_for() {
    let s = session();
    let text = json!({"name": ODD.1}).to_string();
    let escaped = &ODD.1.replace('\\', "\\\\").replace('"', "\\\"");
    let out = shown(&s, &text, &[("NAME", escaped)]);
    assert_eq!(out, r#"{"name":"[NAME_1]"}"#);
    assert_eq!(s.restore(&out).unwrap(), text);
    assert_eq!(s.restore("[NAME_1]").unwrap(), ODD.1);
    // Where detection misses it later, it is known in its escaped form too.
    assert_eq!(shown(&s, &format!("log: {text}"), &[]), r#"log: {"name":"[NAME_1]"}"#);
}
