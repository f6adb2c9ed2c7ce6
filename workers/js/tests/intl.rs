//! What `Intl` and the locale methods say, against what node said: `intl/recorded.json`, made by `intl/record.mjs`.

use crate::worker::run;
use serde_json::Value;

/// Rows where the data of two releases of CLDR differ, by a piece of their program and the reason.
const DIFFERENT: &[(&str, &str)] = &[
    ("\"ko-KR\"", "the release that is compiled in writes the halves of the day in Korean"),
    ("\"fr-CH\"", "the release that is compiled in groups digits with an apostrophe"),
    ("\"es-ES\", { type: 'ordinal' }", "one release has ordinal forms for Spanish, the other none"),
    ("東京都", "words of Japanese are found with another release of the dictionary"),
];
/// So many rows may differ for those reasons.
const MOST_DIFFERENT: usize = 20;

#[test]
fn formatted_values_are_those_of_node() {
    let rows: Vec<(String, Value)> = serde_json::from_str(include_str!("intl/recorded.json")).unwrap();
    assert!(rows.len() > 1000);
    let (mut wrong, mut different) = (Vec::new(), 0);
    for part in rows.chunks(200) {
        let list: Vec<String> = part.iter().map(|(code, _)| format!("() => ({code})")).collect();
        let report = run(&format!(
            "return [{}].map((f: any) => {{ try {{ return f() }} catch (e) {{ return String(e) }} }})",
            list.join(",\n")
        ));
        for ((code, expected), value) in part.iter().zip(report.value().as_array().unwrap()) {
            if value == expected {
                continue;
            }
            if DIFFERENT.iter().any(|(piece, _)| code.contains(piece)) {
                different += 1;
            } else {
                wrong.push(format!("{code}\n  node {expected}\n  here {value}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    assert!(different <= MOST_DIFFERENT, "{different} rows differ by their data");
}

#[test]
fn what_cannot_be_formatted_is_told() {
    for (code, part) in [
        ("new Intl.DateTimeFormat('en', { timeZone: 'Mars/Base' })", "Mars/Base"),
        ("new Intl.NumberFormat('no such locale')", "no such locale"),
        ("new Intl.NumberFormat('en', { style: 'currency' })", "Currency code"),
        ("(1).toLocaleString('en', { maximumFractionDigits: 400 })", "maximumFractionDigits"),
        ("new Intl.DateTimeFormat('en').format(new Date(NaN))", "Invalid time value"),
    ] {
        assert!(run(code).error().message.contains(part), "{code}");
    }
}
