//! Tokens of private values in the program's own text.

use crate::worker::Host;
use serde_json::{Value, json};

fn run(code: &str, tokens: &[(&str, &str)]) -> Value {
    let tokens = tokens.iter().map(|(token, value)| ((*token).to_owned(), (*value).to_owned())).collect();
    let report = Host { tokens, ..Host::default() }.run(code, |_, _, _| unreachable!("no call is made"));
    report.value().clone()
}

#[test]
fn literals_hold_the_values_again() {
    let code = "const one = '[EMAIL_1]';\nconst two: string = `to ${one} or [EMAIL_1] of [EMAIL_12]`;\n\
        const key = { '[EMAIL_1]': 1 };\nreturn [one === 'ada@example.org', two, Object.keys(key), String.raw`[EMAIL_1]\\n`]";
    assert_eq!(
        run(code, &[("[EMAIL_1]", "ada@example.org")]),
        json!([true, "to ada@example.org or ada@example.org of [EMAIL_12]", ["ada@example.org"], "ada@example.org\\n"])
    );
}

#[test]
fn a_value_is_never_code() {
    let hostile = [
        "'; globalThis.stolen = 1; '",
        "${globalThis.stolen = 1}",
        "`; globalThis.stolen = 1; `",
        "0, globalThis.stolen = 1",
        "\\",
        "\n\"'\u{2028}",
    ];
    for value in hostile {
        let code = "const NAME_1 = 'an array'; return ['[NAME_1]', `[NAME_1]`, \"x[NAME_1]\", [NAME_1], typeof stolen]";
        let got = run(code, &[("[NAME_1]", value)]);
        assert_eq!(got, json!([value, value, format!("x{value}"), ["an array"], "undefined"]));
    }
}

#[test]
fn errors_still_point_at_what_was_written() {
    let tokens = vec![("[NAME_1]".to_owned(), "a very long name that moves the column".to_owned())];
    let report = Host { tokens, ..Host::default() }.run("const a = '[NAME_1]'; nope();", |_, _, _| unreachable!());
    let error = report.error();
    assert_eq!((error.line, error.column), (Some(1), Some(23)));
    assert_eq!(error.excerpt.as_deref(), Some("const a = '[NAME_1]'; nope();"), "the value is not in it");
}
