//! A vault, and a stand-in for detection that finds given values.

use outboard_types::Redacted;
use outboard_vault::{Found, KeySource, Options, Protected, Session, TokensHere, Vault, View};
use std::path::Path;
use std::sync::Arc;

pub(crate) const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub(crate) fn key() -> KeySource {
    KeySource::Given { from: "TEST_KEY".to_owned(), text: Redacted::new(KEY.to_owned()) }
}

pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.views.insert("CARD".to_owned(), View::LastFour);
    options
}

pub(crate) fn domains() -> Options {
    let mut options = options();
    options.views.insert("EMAIL".to_owned(), View::Domain);
    options
}

pub(crate) fn session() -> Arc<Session> {
    Vault::memory(&key(), options()).unwrap().session("s", 0).unwrap()
}

pub(crate) fn open(folder: &Path) -> Vault {
    Vault::open(&folder.join("vault.sqlite"), &key(), options()).unwrap()
}

/// All places of these values, with a normal form as detection would give it.
pub(crate) fn find<'a>(text: &str, values: &[(&'a str, &str)]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for (kind, value) in values {
        let places = text.match_indices(value).map(|(at, value)| at..at + value.len());
        found.extend(places.map(|range| Found { range, kind, normal: normal(kind, value).into() }));
    }
    found
}

pub(crate) fn normal(kind: &str, value: &str) -> String {
    match kind {
        "PHONE" | "CARD" => value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect(),
        _ => value.to_lowercase(),
    }
}

pub(crate) fn protect(session: &Session, text: &str, values: &[(&str, &str)]) -> Protected {
    session.protect(text, &find(text, values), TokensHere::Foreign, Some("crm")).unwrap()
}

pub(crate) fn shown(session: &Session, text: &str, values: &[(&str, &str)]) -> String {
    protect(session, text, values).text
}
