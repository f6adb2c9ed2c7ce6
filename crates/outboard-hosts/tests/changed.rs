//! An entry put in and taken out, and all else left as it is.

use crate::fixtures::{Sample, samples};
use outboard_hosts::{Format, Raw, insert, own_entry, raw_entries, remove};

const NAME: &str = "outboard";

fn raw(sample: &Sample, text: &str) -> Vec<(String, serde_json::Value)> {
    let all = raw_entries(sample.host.format, text, &sample.keys).unwrap();
    all.into_iter().map(|Raw { name, value, .. }| (name, value)).collect()
}

fn with_ours(sample: &Sample) -> String {
    let entry = own_entry(sample.host.dialect, "/opt/outboard", &["serve".to_owned()]);
    insert(sample.host.format, sample.text, &sample.keys, NAME, &entry).unwrap()
}

#[test]
fn our_entry_is_added_and_every_line_stays() {
    for sample in samples() {
        let after = with_ours(&sample);
        let (before, now) = (raw(&sample, sample.text), raw(&sample, &after));
        assert_eq!(now[..before.len()], before, "{}", sample.host.id);
        assert_eq!(now.len(), before.len() + 1);
        assert!(sample.read(&after).last().unwrap().own);
        let plain = |text: &str| text.replace([',', ' ', '\n', '\t'], "");
        if sample.text.lines().count() > 1 {
            for line in sample.text.lines() {
                let line = line.trim_end_matches([',', '}', ' ']);
                assert!(plain(&after).contains(&plain(line)), "{}: {line:?} is gone:\n{after}", sample.host.id);
            }
        }
    }
}

#[test]
fn what_was_added_can_be_taken_out_again() {
    for sample in samples() {
        let (after, name) = (with_ours(&sample), [NAME.to_owned()]);
        let back = remove(sample.host.format, &after, &sample.keys, &name).unwrap();
        assert_eq!(raw(&sample, &back), raw(&sample, sample.text), "{}", sample.host.id);
        let words = |text: &str| text.split_whitespace().collect::<String>().replace(',', "");
        assert_eq!(words(&back), words(sample.text), "{}", sample.host.id);
    }
}

#[test]
fn every_server_can_be_moved_away_and_put_back() {
    for sample in samples() {
        let before = raw(&sample, sample.text);
        let names: Vec<String> = before.iter().map(|(name, _)| name.clone()).collect();
        let removed = remove(sample.host.format, sample.text, &sample.keys, &names);
        let mut text = removed.unwrap_or_else(|error| panic!("{}: {error}", sample.host.id));
        assert!(raw(&sample, &text).is_empty(), "{}: {text}", sample.host.id);
        for (name, entry) in &before {
            text = insert(sample.host.format, &text, &sample.keys, name, entry).unwrap();
        }
        assert_eq!(raw(&sample, &text), before, "{}", sample.host.id);
    }
}

#[test]
fn a_file_of_nothing_gets_our_entry_alone() {
    let entry = serde_json::json!({"command": "/opt/outboard", "args": ["serve"]});
    let keys = ["servers".to_owned()];
    for (format, text, expected) in [
        (
            Format::Json,
            "",
            "{\n  \"servers\": {\n    \"outboard\": {\n      \"command\": \"/opt/outboard\",\n      \"args\": [\"serve\"]\n    }\n  }\n}\n",
        ),
        (Format::Json, "{}", ""),
        (Format::Json, "\u{feff}{\"servers\": null, \"a\": 1}", "?"),
        (Format::Toml, "", "[servers.outboard]\ncommand = \"/opt/outboard\"\nargs = [\"serve\"]\n"),
        (Format::Yaml, "", "servers:\n  outboard:\n    command: \"/opt/outboard\"\n    args:\n      - \"serve\"\n"),
        (Format::Yaml, "a: 1\nservers: {}\nb: 2\n", ""),
        (Format::Yaml, "servers:\n", ""),
    ] {
        match insert(format, text, &keys, NAME, &entry) {
            Ok(after) if expected.is_empty() => {
                assert_eq!(raw_entries(format, &after, &keys).unwrap()[0].value, entry, "{after}");
            }
            Ok(after) => assert_eq!(after, expected),
            Err(error) => assert_eq!(expected, "?", "{error}"),
        }
    }
}

#[test]
fn windows_lines_and_marks_stay() {
    let text = "\u{feff}{\r\n  \"mcpServers\": {\r\n    \"a\": { \"command\": \"x\" }\r\n  }\r\n}\r\n";
    let entry = serde_json::json!({"command": "y"});
    let after = insert(Format::Json, text, &["mcpServers".to_owned()], NAME, &entry).unwrap();
    assert!(after.starts_with('\u{feff}') && after.matches('\n').count() == after.matches("\r\n").count(), "{after:?}");
}

#[test]
fn what_cannot_be_changed_alone_is_refused() {
    let entry = serde_json::json!({"cmd": "y"});
    let keys = ["extensions".to_owned()];
    for (format, text) in [
        (Format::Yaml, "extensions: {a: {cmd: x}}\n"),
        (Format::Yaml, "extensions: [a]\n"),
        (Format::Yaml, "a: &x 1\nb: *x\n"),
        (Format::Yaml, "a: 1\n---\nb: 2\n"),
        (Format::Json, "[]"),
        (Format::Json, "{\"extensions\": 1}"),
        (Format::Json, "{\"extensions\": {}} trailing"),
        (Format::Toml, "extensions = 1\n"),
        (Format::Toml, "[[extensions]]\n"),
    ] {
        assert!(insert(format, text, &keys, NAME, &entry).is_err(), "{text}");
    }
}
