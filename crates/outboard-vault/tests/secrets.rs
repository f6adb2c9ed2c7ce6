//! Credentials are removed in every encoding.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use outboard_types::Redacted;
use outboard_vault::Secrets;
use std::borrow::Cow;

const SECRET: &str = "p@ss/wörd \"x\"+&<~?>1";

fn secrets() -> Secrets {
    let own = |name: &str, value: &str| (name.to_owned(), Redacted::new(value.to_owned()));
    let key = "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0\nq9w0BAQEFAASCAUAwggE8AgEA\n-----END KEY-----\n";
    let (secrets, refused) =
        Secrets::new([own("db", SECRET), own("odd name!", "hunter2x"), own("pin", "12345"), own("pem", key)]);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].to_string().contains("\"pin\""));
    assert!(!format!("{secrets:?}").contains("hunter"));
    secrets
}

#[test]
fn no_encoding_of_a_secret_passes() {
    let secrets = secrets();
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let json = serde_json::Value::from(SECRET).to_string();
    let url = "p%40ss%2Fw%C3%B6rd%20%22x%22%2B%26%3C~%3F%3E1";
    for (text, kept) in [
        (format!("a {SECRET} b"), "a [SECRET:db] b"),
        (format!("?p={url}&x"), "?p=[SECRET:db]&x"),
        (format!("?p={}&x", url.to_lowercase()), "?p=[SECRET:db]&x"),
        (format!("?p={}&x", url.replace("%20", "+")), "?p=[SECRET:db]&x"),
        ("https://x/p@ss/w%C3%B6rd%20%22x%22+&%3C~?%3E1".to_owned(), "https://x/[SECRET:db]"),
        (format!("{{\"p\":{json}}}"), "{\"p\":\"[SECRET:db]\"}"),
        (json.replace('/', "\\/"), "\"[SECRET:db]\""),
        (json.replace('ö', "\\u00f6"), "\"[SECRET:db]\""),
        ("<b>p@ss/wörd &quot;x&quot;+&amp;&lt;~?&gt;1</b>".to_owned(), "<b>[SECRET:db]</b>"),
        (format!("0x{hex}"), "0x[SECRET:db]"),
        (hex.to_uppercase(), "[SECRET:db]"),
        ("x hunter2x y HUNTER2X".to_owned(), "x [SECRET:odd_name_] y [SECRET:odd_name_]"),
        ("log: MIIBVgIBADANBgkqhkiG9w0".to_owned(), "log: [SECRET:pem]"),
    ] {
        assert_eq!(secrets.scrub(&text), kept, "{text}");
    }
}

#[test]
fn base64_is_found_at_every_alignment() {
    let secrets = secrets();
    for before in ["", "u", "us", "user:", "user:x"] {
        for behind in ["", "!", "!!"] {
            let text = format!("{before}{SECRET}{behind}");
            for encoded in [BASE64_STANDARD.encode(&text), BASE64_URL_SAFE_NO_PAD.encode(&text)] {
                let header = format!("Authorization: Basic {encoded}");
                let shown = secrets.scrub(&header);
                assert!(shown.contains("[SECRET:db]"), "{header}");
                // What is left are the characters around it, and at each side one that shares bits with it.
                assert!(
                    shown.len() <= "Authorization: Basic [SECRET:db]".len() + 4 + (before.len() + behind.len()) * 4 / 3
                );
            }
        }
    }
}

#[test]
fn a_clean_text_is_not_copied() {
    assert!(matches!(secrets().scrub("nothing to see here, hunter2"), Cow::Borrowed(_)));
}
