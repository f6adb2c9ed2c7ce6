//! Prints how fast texts are masked, restored and scrubbed: `cargo run --release --example vault_rate`.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_types::Redacted;
use outboard_vault::{Found, KeySource, Options, Secrets, TokensHere, Vault};
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const VALUES: usize = 10_000;
const BYTES: usize = 32 * 1024 * 1024;

fn main() -> Result<()> {
    let key = KeySource::Given { from: "example".to_owned(), text: Redacted::new("42".repeat(32)) };
    let folder = std::env::temp_dir().join(format!("outboard-throughput-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let vault = Vault::open(&folder.join("vault.sqlite"), &key, Options::default())?;
    let session = vault.session("s", 0)?;
    let values: Vec<String> =
        (0..VALUES).map(|n| format!("customer{n}.family{}@mail{}.example", n % 977, n % 31)).collect();
    let list = values.join("\n");
    let found: Vec<Found<'_>> = values
        .iter()
        .scan(0, |at, value| {
            let range = *at..*at + value.len();
            *at = range.end + 1;
            Some(Found { range, kind: "EMAIL", normal: value.as_str().into() })
        })
        .collect();
    let start = Instant::now();
    session.protect(&list, &found, TokensHere::Foreign, Some("crm"))?;
    println!("{VALUES} new values sealed and durable: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    let prose = "The quarterly report says that the order 4711 was shipped on 2026-03-01 and arrived in good shape. ";
    let sparse = text(|n| format!("{}{}, ", prose.repeat(4), values[n * 7919 % VALUES]));
    let dense =
        text(|n| format!("{{\"id\": {n}, \"email\": \"{}\", \"state\": \"open\"}},\n", values[n * 7919 % VALUES]));
    for (name, text) in [("a value per 440 bytes", &sparse), ("a value per 70 bytes", &dense)] {
        let protected = session.protect(text, &[], TokensHere::Foreign, None)?;
        rate(&format!("mask, {name}"), text, || drop(session.protect(text, &[], TokensHere::Foreign, None)));
        rate(&format!("restore, {name}"), &protected.text, || drop(session.restore(&protected.text)));
        assert!(session.restore(&protected.text)? == *text, "what was masked comes back");
    }
    let plain = prose.repeat(BYTES / prose.len());
    rate("mask, no value", &plain, || drop(session.protect(&plain, &[], TokensHere::Foreign, None)));
    rate("restore, no token", &plain, || drop(session.restore(&plain)));
    let own =
        (0..100).map(|n| (format!("key{n}"), Redacted::new(format!("sk_{:032x}", n * 0x9E37_79B9_7F4A_7C15_u128))));
    let (secrets, _) = Secrets::new(own);
    rate("scrub 100 secrets, prose", &plain, || drop(secrets.scrub(&plain)));
    rate("scrub 100 secrets, JSON", &dense, || drop(secrets.scrub(&dense)));
    let arguments = serde_json::json!({ "t": dense[..1 << 20] });
    rate("flows, JSON text", &dense[..1 << 20], || drop(session.flows("slack", &arguments)));
    Ok(std::fs::remove_dir_all(folder)?)
}

fn text(piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(BYTES + 1024);
    (0..)
        .map(piece)
        .take_while(|piece| {
            text.push_str(piece);
            text.len() < BYTES
        })
        .for_each(drop);
    text
}

fn rate(name: &str, text: &str, work: impl Fn()) {
    let seconds = (0..3)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::MAX, f64::min);
    println!("{name:<32} {:>7.0} MB/s", text.len() as f64 / 1e6 / seconds);
}
