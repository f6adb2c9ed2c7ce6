//! The file: what it keeps, what it hides, what it forgets.

use crate::support::{KEY, key, open, options, shown};
use outboard_types::Redacted;
use outboard_vault::{KeySource, Options, RestoreError, Vault, VaultError};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const ANN: (&str, &str) = ("EMAIL", "ann.secretperson@corp.example");

fn bytes_of(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.flatten().collect()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle))
}

#[test]
fn tokens_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(shown(&open(folder.path()).session("s", 0).unwrap(), ANN.1, &[ANN]), "[EMAIL_1]");
    let vault = open(folder.path());
    let s = vault.session("s", 0).unwrap();
    assert_eq!(s.restore("[EMAIL_1]").unwrap(), ANN.1);
    assert_eq!(shown(&s, "ANN.secretperson@corp.example", &[]), "[EMAIL_1]");
    let flows = s.flows("slack", &serde_json::json!({"text": ANN.1})).unwrap().flows;
    assert_eq!(flows[0].from, ["crm"]);
}

#[test]
fn nothing_in_the_file_is_readable() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    shown(&vault.session("s", 0).unwrap(), ANN.1, &[ANN]);
    let bytes = bytes_of(folder.path());
    assert!(holds(&bytes, b"EMAIL"), "the search works");
    let utf16: Vec<u8> = "secretperson".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex: String = "secretperson".bytes().map(|byte| format!("{byte:02x}")).collect();
    // Base64 of the word at its three alignments, without the characters that depend on what is around it.
    let base64: [&[u8]; 3] = [b"c2VjcmV0cGVyc29u", b"NlY3JldHBlcnNvb", b"zZWNyZXRwZXJzb2"];
    for needle in [b"secretperson".as_slice(), &utf16, hex.as_bytes(), b"corp.example"].into_iter().chain(base64) {
        assert!(!holds(&bytes, needle), "{}", String::from_utf8_lossy(needle));
    }
    let mode = fs::metadata(folder.path().join("vault.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_wrong_key_is_told_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.sqlite");
    shown(&open(folder.path()).session("s", 0).unwrap(), ANN.1, &[ANN]);
    let other = KeySource::Given { from: "OTHER".to_owned(), text: Redacted::new(KEY.replace('0', "1")) };
    let error = Vault::open(&path, &other, options()).unwrap_err();
    assert!(matches!(&error, VaultError::WrongKey { .. }), "{error}");
    assert!(error.to_string().contains("OTHER holds key") && error.to_string().contains("nothing was changed"));
    let file = folder.path().join("vault.key");
    let error = Vault::open(&path, &KeySource::File(file.clone()), options()).unwrap_err();
    assert!(matches!(error, VaultError::KeyMissing { .. }) && !file.exists());
    assert_eq!(open(folder.path()).session("s", 0).unwrap().restore("[EMAIL_1]").unwrap(), ANN.1);
}

#[test]
fn a_key_file_is_made_once_and_must_be_private() {
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = (folder.path().join("vault.sqlite"), folder.path().join("keys/vault.key"));
    let open = || Vault::open(&path, &KeySource::File(file.clone()), options());
    let made: Vec<bool> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..4).map(|_| scope.spawn(|| open().is_ok())).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).collect()
    });
    assert_eq!(made, [true; 4]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(open().unwrap_err().to_string().contains("chmod 600"));
    for bad in ["", "short", &KEY[1..]] {
        let source = KeySource::Given { from: "K".to_owned(), text: Redacted::new(bad.to_owned()) };
        assert!(matches!(Vault::memory(&source, options()), Err(VaultError::BadKey { .. })), "{bad}");
    }
}

#[test]
fn what_was_moved_or_changed_in_the_file_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    shown(
        &open(folder.path()).session("s", 0).unwrap(),
        "a@x.example b@x.example",
        &[("EMAIL", "a@x.example"), ("EMAIL", "b@x.example")],
    );
    let file = rusqlite::Connection::open(folder.path().join("vault.sqlite")).unwrap();
    file.execute("UPDATE entries SET sealed = (SELECT sealed FROM entries WHERE number = 2) WHERE number = 1", [])
        .unwrap();
    let error = open(folder.path()).session("s", 0).unwrap_err();
    assert!(matches!(&error, VaultError::Tampered { token, .. } if token == "[EMAIL_1]"), "{error}");
    assert_eq!(open(folder.path()).forget("s").unwrap(), 2);
}

#[test]
fn sessions_expire_and_values_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.sqlite");
    let vault = Vault::open(&path, &key(), Options { keep_ms: 100, ..options() }).unwrap();
    let (a, b) = (vault.session("a", 0).unwrap(), vault.session("b", 50).unwrap());
    for s in [&a, &b] {
        shown(s, "ann.secretperson@corp.example +14155550123", &[ANN, ("PHONE", "+14155550123")]);
    }
    assert_eq!(vault.sessions().unwrap().len(), 2);
    assert_eq!(vault.expire(100).unwrap(), ["a"]);
    assert!(matches!(a.restore("[EMAIL_1]"), Err(RestoreError::Token(_))));
    assert_eq!(vault.forget_value("ANN.SECRETPERSON@CORP.EXAMPLE", 100).unwrap(), 1);
    assert!(b.restore("[EMAIL_1]").is_err());
    assert_eq!(b.restore("[PHONE_1]").unwrap(), "+14155550123");
    // One that comes again after its time begins anew, and its old tokens stay unknown.
    let b = vault.session("b", 500).unwrap();
    assert!(b.restore("[PHONE_1]").is_err());
    assert_eq!(shown(&b, ANN.1, &[ANN]), "[EMAIL_2]");
}

#[test]
fn other_files_are_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.sqlite");
    fs::write(&path, "something else entirely, and long enough to be no header of a database at all".repeat(20))
        .unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(Vault::open(&path, &key(), options()), Err(VaultError::NotAVault { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Each prefix of the log is what a crash may leave: tokens that were given out before it must be there, and
/// none may be half there.
#[test]
fn a_crash_at_any_byte_leaves_whole_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let s = vault.session("s", 0).unwrap();
    let log = folder.path().join("vault.sqlite-wal");
    let mut durable = Vec::new();
    for n in 1..=3 {
        let value = format!("u{n}@corp.example");
        shown(&s, &value, &[("EMAIL", &value)]);
        durable.push(fs::metadata(&log).unwrap().len());
    }
    let (database, whole) = (fs::read(folder.path().join("vault.sqlite")).unwrap(), fs::read(&log).unwrap());
    for cut in (0..=whole.len()).step_by(509).chain([whole.len()]) {
        let crashed = tempfile::tempdir().unwrap();
        fs::write(crashed.path().join("vault.sqlite"), &database).unwrap();
        fs::write(crashed.path().join("vault.sqlite-wal"), &whole[..cut]).unwrap();
        // Before the first commit of all there is no vault yet; then one is made.
        let s = open(crashed.path()).session("s", 0).unwrap();
        for (n, &size) in (1..).zip(&durable) {
            match s.restore(&format!("[EMAIL_{n}]")) {
                Ok(value) => assert_eq!(value, format!("u{n}@corp.example")),
                Err(error) => assert!((cut as u64) < size, "{cut}: {error}"),
            }
        }
    }
}
