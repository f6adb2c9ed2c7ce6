//! Files that were damaged on purpose: refused or read, never a panic, and never changed beside the entry.

use crate::fixtures::samples;
use outboard_hosts::{Format, HostError, Surroundings, insert, own_entry, raw_entries, read, remove};
use proptest::prelude::*;

/// A sample with a piece cut out and another put in.
fn damaged() -> impl Strategy<Value = (usize, String)> {
    let pieces = prop_oneof![
        "\\PC{0,6}",
        proptest::sample::select(vec![
            "{", "}", "[", "\"", "\\", "/*", "//", ":", ",", "\n", "- ", "&a", "${", "\u{feff}", "'"
        ])
        .prop_map(str::to_owned)
    ];
    (0..samples().len(), any::<u16>(), 0usize..40, pieces).prop_map(|(which, at, cut, piece)| {
        let text = samples()[which].text;
        let boundary = |at: usize| (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
        let (start, end) = (boundary(at as usize % text.len()), boundary(at as usize % text.len() + cut));
        (which, format!("{}{piece}{}", &text[..start], &text[end..]))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_is_refused_or_changed_in_one_place_only((which, text) in damaged()) {
        let all = samples();
        let (host, keys) = (all[which].host, &all[which].keys);
        let _ = read(host, &text, keys, &Surroundings::default());
        let entry = own_entry(host.dialect, "/opt/outboard", &["serve".to_owned()]);
        let Ok(before) = raw_entries(host.format, &text, keys) else { return Ok(()) };
        let values = |text: &str| -> Vec<_> {
            raw_entries(host.format, text, keys).unwrap().into_iter().map(|raw| (raw.name, raw.value)).collect()
        };
        if let Ok(after) = insert(host.format, &text, keys, "outboard", &entry) {
            let mut now = values(&after);
            prop_assert_eq!(now.pop().unwrap().1, entry);
            prop_assert_eq!(&now, &values(&text));
            if let Ok(back) = remove(host.format, &after, keys, &["outboard".to_owned()]) {
                prop_assert_eq!(values(&back), values(&text));
            }
        }
        let names: Vec<String> = before.into_iter().map(|raw| raw.name).collect();
        if let Ok(empty) = remove(host.format, &text, keys, &names) {
            prop_assert!(values(&empty).is_empty());
        }
    }
}

#[test]
fn deep_and_huge_files_are_refused() {
    let keys = ["mcpServers".to_owned()];
    for (format, open) in [(Format::Json, "{\"a\":"), (Format::Json, "["), (Format::Toml, "["), (Format::Yaml, "[")] {
        let text = open.repeat(100_000);
        assert!(raw_entries(format, &text, &keys).is_err());
    }
    let toml = format!("a = {}1{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(raw_entries(Format::Toml, &toml, &keys).is_err());
    let many: String = (0..1_001).map(|n| format!("\"s{n}\": {{}},")).collect();
    assert_eq!(raw_entries(Format::Json, &format!("{{\"mcpServers\": {{{many}}}}}"), &keys), Err(HostError::TooMany));
    let huge = " ".repeat((32 << 20) + 1);
    assert!(matches!(raw_entries(Format::Json, &huge, &keys), Err(HostError::TooLong(_))));
}
