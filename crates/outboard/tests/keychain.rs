//! The key in the desktop's keychain: a stand-in, or a real one where its bus is given.

use crate::privacy::{customers, place};

/// A keychain in a folder, which is asked as the real one is.
const KEYCHAIN: &str = r#"#!/bin/sh
test -e "$HOME/locked" && { echo "the keyring is locked" >&2; exit 1; }
case "$1" in
lookup) cat "$HOME/keychain" 2>/dev/null ;;
store) cat > "$HOME/keychain" ;;
esac
"#;

#[test]
fn the_desktops_keychain_keeps_the_key() {
    let given = customers(1);
    let place = place("privacy.key = \"keychain\"", &given);
    std::fs::create_dir(place.path().join("bin")).unwrap();
    place.write("bin/secret-tool", KEYCHAIN);
    std::fs::set_permissions(place.path().join("bin/secret-tool"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    place.write("program", "return (await crm.listCustomers())[0].email;");
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut paths = vec![place.path().join("bin")];
        paths.extend(std::env::split_paths(&path));
        // A test of the real one: `dbus-run-session -- sh -c 'echo | gnome-keyring-daemon --unlock; cargo test …'`.
        if let Some(real) = std::env::var_os("OUTBOARD_REAL_KEYCHAIN") {
            command.env("DBUS_SESSION_BUS_ADDRESS", real);
            paths.remove(0);
        }
        let output = command.env("PATH", std::env::join_paths(paths).unwrap()).output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    for _ in 0..2 {
        let (done, told) = run(&["run", "program", "--language", "typescript"]);
        assert!(done && told.contains("[EMAIL_1]"), "{told}");
    }
    assert!(!place.path().join(".config/outboard/vault.key").exists(), "no file is made");
    let (done, told) = run(&["privacy", "reveal", "default", "[EMAIL_1]"]);
    assert!(done && told.contains(given[0]["email"].as_str().unwrap()), "{told}");
    if std::env::var_os("OUTBOARD_REAL_KEYCHAIN").is_some() {
        return;
    }
    assert_eq!(std::fs::read_to_string(place.path().join("keychain")).unwrap().trim().len(), 64);
    place.write("locked", "");
    let (done, told) = run(&["privacy", "sessions"]);
    assert!(!done && told.contains("the keyring is locked") && told.contains("privacy.key_file"), "{told}");
    std::fs::remove_file(place.path().join("locked")).unwrap();
    std::fs::remove_file(place.path().join("keychain")).unwrap();
    let (done, told) = run(&["privacy", "sessions"]);
    assert!(!done && told.contains("is sealed with one"), "never another key for a vault that is there: {told}");
    assert!(!place.path().join("keychain").exists());
}
