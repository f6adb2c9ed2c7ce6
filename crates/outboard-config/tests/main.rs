//! Settings files as people write them, right and wrong.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use outboard_config::{Connection, SETTINGS, Settings, SettingsError, load};
use std::time::Duration;

fn settings(text: &str) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("outboard.toml"), text).unwrap();
    let env = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
    load(None, folder.path(), None, &env)
}

fn problem(text: &str) -> String {
    let error = settings(text).unwrap_err();
    let problem = &error.problems[0];
    format!("{}:{}: {}", problem.line, problem.key, problem.message)
}

#[test]
fn a_full_server() {
    let settings = settings(
        "[servers.\"my.git\"]\ncommand = \"git-mcp\"\nargs = [\"--x\"]\nenv = { T = \"${TOKEN}\" }\ntimeout = \"5s\"\n\
         tools.deny = [\"push*\"]\ncwd = \"sub\"\n[servers.web]\nurl = \"https://x.example/mcp\"\n\
         headers.Authorization = \"Bearer ${TOKEN}\"\nenabled = false\n",
    )
    .unwrap();
    let git = &settings.servers[0];
    assert_eq!(
        (git.name.as_str(), git.timeout, git.deny.as_slice()),
        ("my.git", Duration::from_secs(5), &["push*".to_owned()][..])
    );
    let Connection::Stdio { env, cwd, .. } = &git.connection else { panic!("stdio") };
    assert_eq!(env["T"].expose(), "s3cret");
    assert!(cwd.as_ref().unwrap().ends_with("sub"));
    assert!(!format!("{settings:?}").contains("s3cret"), "secrets are not printed");
    assert!(!settings.servers[1].enabled);
}

#[test]
fn problems_name_line_key_and_what_was_expected() {
    for (text, expected) in [
        ("expose = 3", "1:expose: expected \"auto\", \"code\", \"direct\" or \"both\", found integer"),
        ("\n[sandbox]\nmemroy_mb = 1", "3:sandbox.memroy_mb: unknown key; did you mean \"memory_mb\"?"),
        ("[servers.a]\ncommand = \"x\"\ntimeot = 3", "3:servers.a.timeot: unknown key; did you mean \"timeout\"?"),
        (
            "[servers.a]\ncommand = \"${NOPE}\"",
            "2:servers.a.command: environment variable NOPE is not set; set it, or write ${NOPE:-default}",
        ),
        (
            "[servers.a]\nargs = []",
            "1:servers.a: has neither `command` nor `url` nor `catalog_file`; one of them is needed",
        ),
        (
            "[servers.a]\ncommand = \"x\"\nurl = \"https://x\"",
            "1:servers.a: has both `command` and `url`; keep one of them",
        ),
        (
            "[servers.a]\ncommand = \"x\"\ntimeout = \"soon\"",
            "3:servers.a.timeout: expected a time span such as \"500ms\", \"60s\" or \"10min\", found \"soon\"",
        ),
        ("[servers.a]\ncommand = 1", "2:servers.a.command: expected text in quotes, found integer"),
        (
            "[servers.\"../x\"]\ncommand = \"x\"",
            "1:servers.../x: server name \"../x\" is not usable: it starts with a dot or holds a path separator",
        ),
    ] {
        assert_eq!(problem(text), expected);
    }
    assert!(problem("[servers\n").starts_with("1:: not TOML"), "{}", problem("[servers\n"));
}

#[test]
fn several_problems_are_told_together() {
    let error = settings("a = 1\nb = 2\n[sandbox]\ncpu = true\n").unwrap_err();
    assert_eq!(error.problems.len(), 3);
    assert_eq!(error.to_string().lines().count(), 3);
}

#[test]
fn json_that_users_already_have() {
    let folder = tempfile::tempdir().unwrap();
    let json = "{ // mine\n \"mcpServers\": {\n  \"fs\": {\"command\": \"npx\", \"args\": [\"-y\", \"http://x\"], \"odd\": 1},\n\
                  \"web\": {\"type\": \"http\", \"url\": \"https://x.example\", \"headers\": {\"A\": \"${env:TOKEN}\"}, \"disabled\": true}\n}}";
    std::fs::write(folder.path().join(".mcp.json"), json).unwrap();
    std::fs::write(folder.path().join("outboard.toml"), "mcp_config = [\".mcp.json\"]").unwrap();
    let env = |_: &str| Some("v".to_owned());
    let settings = load(None, folder.path(), None, &env).unwrap();
    assert_eq!(settings.servers.len(), 2);
    assert!(!settings.servers[1].enabled);
    let error = load(None, folder.path(), None, &|_| None).unwrap_err();
    assert_eq!((error.problems[0].line, error.problems[0].key.as_str()), (4, "mcpServers.web"));
}

#[test]
fn the_project_lies_over_the_user_and_config_replaces_both() {
    let folder = tempfile::tempdir().unwrap();
    let user = folder.path().join("user.toml");
    std::fs::write(&user, "[sandbox]\ncpu = \"1s\"\nwall = \"9s\"").unwrap();
    std::fs::write(folder.path().join("outboard.toml"), "[sandbox]\ncpu = \"2s\"").unwrap();
    let both = load(None, folder.path(), Some(&user), &|_| None).unwrap();
    assert_eq!((both.sandbox.cpu.as_secs(), both.sandbox.wall.as_secs()), (2, 9));
    let alone = load(Some(&user), folder.path(), None, &|_| None).unwrap();
    assert_eq!(alone.sandbox.cpu.as_secs(), 1);
    let missing = load(Some("none.toml".as_ref()), folder.path(), None, &|_| None).unwrap_err();
    assert!(missing.to_string().contains("none.toml: cannot be read"));
}

#[test]
fn every_default_of_the_reference_is_accepted() {
    for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
        let key = setting.key.replace('*', "x");
        let server = if key.starts_with("servers") { "servers.x.command = \"x\"\n" } else { "" };
        settings(&format!("{server}{key} = {}", setting.default)).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        let _ = settings(&text);
    }
}
