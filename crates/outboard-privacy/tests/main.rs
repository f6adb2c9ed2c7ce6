//! The detector from outside.

mod generated;
mod texts;

use outboard_privacy::{Custom, Detector, Error, Kind, Options};

fn found(text: &str) -> Vec<(Kind, &str)> {
    let detector = Detector::new(&Options::default()).expect("the defaults compile");
    detector.text(text).into_iter().map(|finding| (finding.kind, &text[finding.range])).collect()
}

#[test]
fn kinds_are_found_side_by_side() {
    let text = "Mail ann@example.com, call 0660 565 36 45, card 4111-1111-1111-1111, from 10.0.0.7 at 2024-01-31.";
    let wanted = [
        (Kind::Email, "ann@example.com"),
        (Kind::Phone, "0660 565 36 45"),
        (Kind::Card, "4111-1111-1111-1111"),
        (Kind::Ip, "10.0.0.7"),
    ];
    assert_eq!(found(text), wanted);
}

#[test]
fn passwords_inside_addresses_are_found() {
    assert_eq!(found("postgres://app:s3cr3t@db/x"), [(Kind::Secret, "s3cr3t")]);
}

#[test]
fn choices_hold() {
    let custom = Custom {
        name: "BADGE".into(),
        regex: Some("B-([0-9]{4})".into()),
        keys: Vec::new(),
        values: vec!["Falcon".into()],
    };
    let options = Options {
        kinds: vec![Kind::Email],
        custom: vec![custom],
        allow: vec!["HELP@example.com".into()],
        ..Options::default()
    };
    let detector = Detector::new(&options).unwrap();
    let text = "B-1234 Falcon help@example.com ann@example.com 10.0.0.7";
    let values: Vec<&str> = detector.text(text).into_iter().map(|finding| &text[finding.range]).collect();
    assert_eq!(values, ["1234", "Falcon", "ann@example.com"]);
    let empty = Options { custom: vec![Custom { name: "X".into(), ..Custom::default() }], ..Options::default() };
    assert!(matches!(Detector::new(&empty), Err(Error::Empty(_))));
}

#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    let detector = Detector::new(&Options::default()).unwrap();
    for piece in ["@", "a@", "1", "1 ", "1.", "f:", "::", "+1-", "://", "-----BEGIN ", "ä", "eyJ."] {
        let time = |count: usize| {
            let text = piece.repeat(count / piece.len());
            (0..3)
                .map(|_| {
                    let start = std::time::Instant::now();
                    detector.text(&text);
                    start.elapsed()
                })
                .min()
                .unwrap()
        };
        let (small, large) = (time(10_000), time(80_000));
        assert!(large < small * 40 + std::time::Duration::from_millis(50), "{piece:?}: {small:?}, then {large:?}");
    }
}

#[test]
fn no_mixture_of_pieces_panics() {
    const PIECES: &[&str] = &[
        "1",
        "12",
        "ä",
        "数",
        "@",
        ".",
        "-",
        " ",
        "(",
        ")",
        "+",
        ":",
        "/",
        "x",
        "AB",
        "DE89",
        "eyJ",
        "-----BEGIN ",
        "4111",
        "٣",
        "\n",
        "AKIA",
        "000",
        "Z",
        "🦀",
        "://",
        "X1234567",
        "PRIVATE KEY-----",
        "12345678",
    ];
    let detector = Detector::new(&Options::default()).unwrap();
    let mut state = 7u64;
    for _ in 0..4000 {
        let mut text = String::new();
        for _ in 0..24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PIECES[usize::try_from(state >> 33).unwrap() % PIECES.len()]);
        }
        let mut end = 0;
        for finding in detector.text(&text) {
            assert!(finding.range.start >= end && text.get(finding.range.clone()).is_some(), "{text:?}");
            end = finding.range.end;
        }
    }
}
