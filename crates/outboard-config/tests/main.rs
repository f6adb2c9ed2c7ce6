//! Settings files as people write them, right and wrong.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod schema;

use outboard_config::{
    Connection, EngineSettings, GuestSettings, Kind, Settings, SettingsError, all_settings, load, reference,
};
use outboard_types::Language;
use proptest::strategy::Strategy;
use std::path::PathBuf;
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
    let hint = problem.hint.iter().map(|hint| format!("; {hint}")).collect::<String>();
    format!("{}:{}: {}{hint}", problem.line, problem.key, problem.message)
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
    let typo = settings("[servers.a]\ncomand = \"x\"").unwrap_err();
    assert_eq!(typo.problems.len(), 1, "that there is no `command` follows from the typo: {typo}");
    assert_eq!(error.code().as_str(), "invalid_settings");
    let many: String = (0..40).map(|n| format!("k{n} = 1\n")).collect();
    assert_eq!(settings(&many).unwrap_err().problems.len(), 20);
}

#[test]
fn problems_stand_in_the_order_of_their_lines() {
    // That a server cannot be reached is known only at the end, yet it is told where it stands.
    let error = settings("[servers.a]\nargs = []\n[sandbox]\nwrong = 1\n").unwrap_err();
    assert_eq!(error.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 4]);
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
    assert_eq!(alone.sandbox.wall.as_secs(), 9);
    let missing = load(Some("none.toml".as_ref()), folder.path(), None, &|_| None).unwrap_err();
    assert!(missing.to_string().contains("none.toml: cannot be read"));
}

#[test]
fn a_project_may_reach_a_server_in_another_way_than_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let user = folder.path().join("user.toml");
    std::fs::write(&user, "[servers.a]\ncommand = \"x\"\ntimeout = \"5s\"").unwrap();
    std::fs::write(folder.path().join("outboard.toml"), "[servers.a]\nurl = \"http://localhost:1\"").unwrap();
    let server = &load(None, folder.path(), Some(&user), &|_| None).unwrap().servers[0];
    assert!(matches!(&server.connection, Connection::Http { url, .. } if url == "http://localhost:1"));
    assert_eq!(server.timeout.as_secs(), 5);
    assert!(server.origin.ends_with("outboard.toml:1"), "{}", server.origin);
}

#[test]
fn values_that_could_not_work_are_refused() {
    for (text, expected) in [
        ("[sandbox]\nprocesses = 0", "2:sandbox.processes: expected 4 to 32768, found 0"),
        (
            "[sandbox]\nmemory_mb = 9223372036854775807",
            "2:sandbox.memory_mb: expected 16 to 1048576, found 9223372036854775807",
        ),
        ("[sandbox]\nmemory_mb = -1", "2:sandbox.memory_mb: expected a whole number, found integer"),
        ("[sandbox]\ncpu = \"0s\"", "2:sandbox.cpu: expected more than no time"),
        ("[sandbox]\nwall = \"1000d\"", "2:sandbox.wall: expected at most 365 days"),
    ] {
        assert_eq!(problem(text), expected);
    }
    assert_eq!(settings("[sandbox]\npool_size = 0").unwrap().sandbox.pool_size, 0);
}

#[test]
fn a_secret_never_gets_into_a_message() {
    let told = problem("[servers.a]\nurl = \"${TOKEN}\"");
    assert_eq!(told, "1:servers.a: url: expected an http:// or https:// address");
}

#[test]
fn folders_of_json_entries_belong_to_the_json_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".vscode")).unwrap();
    let json = "{\n\"servers\": {\"a\": {\"command\": \"x\", \"cwd\": \"sub\"},}}";
    std::fs::write(folder.path().join(".vscode/mcp.json"), json).unwrap();
    std::fs::write(folder.path().join("outboard.toml"), "mcp_config = [\".vscode/mcp.json\"]").unwrap();
    let settings = load(None, folder.path(), None, &|_| None).unwrap();
    let Connection::Stdio { cwd, .. } = &settings.servers[0].connection else { panic!("stdio") };
    assert_eq!(cwd.as_deref(), Some(folder.path().join(".vscode/sub").as_path()));
    assert!(settings.servers[0].origin.ends_with("mcp.json:2"), "{}", settings.servers[0].origin);
}

#[test]
fn every_default_of_the_reference_is_accepted() {
    for setting in all_settings().filter(|setting| !setting.default.is_empty()) {
        let key = setting.key.replace('*', "x");
        let server = if key.starts_with("servers") { "servers.x.command = \"x\"\n" } else { "" };
        settings(&format!("{server}{key} = {}", setting.default)).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

#[test]
fn the_reference_tells_the_defaults_that_are_in_force() {
    let at = |key: &str| !key.starts_with("servers") && !["state_dir", "mcp_config"].contains(&key);
    let written = all_settings().filter(|setting| at(setting.key) && !setting.default.is_empty());
    let text: String = written.map(|setting| format!("{} = {}\n", setting.key, setting.default)).collect();
    let (given, none) = (settings(&text).unwrap(), settings("").unwrap());
    assert_eq!(format!("{:?}", given.sandbox), format!("{:?}", none.sandbox));
    assert_eq!(format!("{:?}", given.execution), format!("{:?}", none.execution));
    assert_eq!(given.expose, none.expose);
    let server = |key: &str| settings(&format!("servers.x.command = \"x\"\n{key}")).unwrap().servers.remove(0);
    let written = all_settings().filter(|setting| setting.key.starts_with("servers") && !setting.default.is_empty());
    for setting in written {
        let (given, none) = (server(&format!("{} = {}", setting.key.replace('*', "x"), setting.default)), server(""));
        let shown = |server: &outboard_config::ServerSettings| {
            format!(
                "{:?} {:?} {:?} {:?} {:?}",
                server.connection,
                server.enabled,
                server.timeout,
                server.start_timeout,
                (&server.allow, &server.deny)
            )
        };
        assert_eq!(shown(&given), shown(&none), "{}", setting.key);
    }
}

#[test]
fn every_key_of_the_reference_is_taken_and_in_the_document() {
    let document = reference();
    for setting in all_settings() {
        let value = match setting.kind {
            Kind::Text if setting.key.ends_with("url") => "\"http://x\"",
            Kind::Text | Kind::Path => "\"x\"",
            Kind::Number => &1024.clamp(setting.range.0, setting.range.1).to_string(),
            Kind::Size => "\"64KiB\"",
            Kind::Tables => "[{ a = 1 }]",
            Kind::Amount => "0.5",
            Kind::Choice(words) => &format!("{:?}", words[0]),
            Kind::Flag => "false",
            Kind::Span => "1.5",
            Kind::List if setting.key == "mcp_config" => "[]",
            Kind::List => "[\"x\"]",
            Kind::Map => "{ X = \"x\" }",
        };
        let reach = if setting.key.ends_with(".command")
            || setting.key.ends_with(".url")
            || !setting.key.starts_with("servers.")
        {
            ""
        } else {
            "servers.x.command = \"x\"\n"
        };
        let key = setting.key.replace('*', "x");
        settings(&format!("{reach}{key} = {value}")).unwrap_or_else(|error| panic!("{key}: {error}"));
        let name = setting
            .key
            .strip_prefix("servers.*.")
            .unwrap_or_else(|| setting.key.split_once('.').map_or(setting.key, |(_, name)| name));
        assert!(document.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn what_programs_may_reach() {
    let settings = settings(
        "[sandbox]\ntier = \"B\"\nnetwork = { allow = [\"a.example:443\"], bandwidth = \"1MB\" }\n\
         [sandbox.files]\nread = { \"/data\" = \"/srv/data\" }\n[sandbox.python]\npreload = [\"numpy\"]\n\
         [sandbox.engines.bun]\nprogram = \"/usr/bin/bun\"\n\
         [sandbox.engines.own]\nprogram = \"/usr/bin/lua\"\nlanguage = \"bash\"\nargs = []\nguest = \"guest.lua\"\nneeds = [\"/usr/share/lua\"]\n",
    )
    .unwrap();
    let sandbox = &settings.sandbox;
    assert!(sandbox.tier_b && sandbox.network.bandwidth == Some(1_000_000));
    assert_eq!((sandbox.files[0].target.as_str(), sandbox.files[0].writable), ("/data", false));
    assert_eq!(sandbox.python.preload, ["numpy"]);
    let bun = EngineSettings { program: "/usr/bin/bun".into(), ..EngineSettings::default() };
    assert_eq!((&sandbox.engines["bun"], &bun.guest), (&bun, &GuestSettings::Bun));
    let own = &sandbox.engines["own"];
    assert!(matches!(&own.guest, GuestSettings::File(path) if path.is_absolute() && path.ends_with("guest.lua")));
    assert_eq!((own.language, own.args.as_deref()), (Some(Language::Bash), Some(&[][..])));
    assert_eq!(own.needs, [PathBuf::from("/usr/share/lua")]);
    assert_eq!(
        problem("[sandbox.engines.bun]\nprogam = \"x\""),
        "2:sandbox.engines.bun.progam: unknown key; did you mean \"program\"?"
    );
    assert_eq!(problem("sandbox.tier = \"C\""), "1:sandbox.tier: expected \"A\" or \"B\", found \"C\"");
    assert!(problem("gateway.max_arguments_bytes = \"fast\"").contains("expected a size such as"));
}

#[test]
fn tables_are_handed_on_with_their_place() {
    let settings = settings(
        "[budget]\nexecution = 1\n\n[[policy.rules]]\ntools = [\"crm.*\"]\nreason = \"${TOKEN}\"\nwhen = [{ at = \"/a\", equals = 1 }]\n\n\
         [[policy.rules]]\naction = \"deny\"\n",
    )
    .unwrap();
    let [one, two] = settings.policy.rules.as_slice() else { panic!("two rules") };
    assert!(one.origin.ends_with("outboard.toml:4") && two.origin.ends_with("outboard.toml:9"), "{one:?} {two:?}");
    assert_eq!(one.fields["reason"].as_str(), Some("s3cret"), "variables are replaced");
    assert_eq!(one.fields["when"][0]["at"].as_str(), Some("/a"));
    assert_eq!(settings.gateway.budget_execution, Some(1.0));
    assert!(problem("policy.rules = 3").contains("expected a list of tables, found integer"));
    assert!(problem("budget.day = -1").contains("expected 0 to 1e12"));
}

/// Texts made of what settings are made of, so that they get further than the first character.
fn soup(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    let word = proptest::prop_oneof![4 => proptest::sample::select(words).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    proptest::collection::vec(word, 0..30).prop_map(|words| words.concat())
}

const TOML: &[&str] = &[
    "[",
    "]",
    "servers",
    "sandbox",
    ".",
    "a",
    "=",
    "\n",
    "\"",
    "command",
    "timeout",
    "cpu",
    "1e999",
    "-1",
    "{",
    "}",
    ",",
    "${",
    ":-",
    "env",
    "nan",
    "9d",
    "inf",
    "expose",
    "mcp_config",
    "''",
    "\\",
];
const JSON: &[&str] = &[
    "{\"mcpServers\":",
    "{",
    "}",
    "[",
    "]",
    "\"a\"",
    ":",
    ",",
    "\"command\"",
    "\"timeout\"",
    "1e308",
    "-1",
    "//",
    "/*",
    "*/",
    "\n",
    "\\",
    "\"${\"",
    "null",
    "true",
    "é",
];

proptest::proptest! {
    #[test]
    fn nothing_that_looks_like_settings_makes_it_panic(text in soup(TOML)) {
        let _ = settings(&text);
    }

    #[test]
    fn no_json_makes_it_panic(text in soup(JSON)) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.json"), text).unwrap();
        std::fs::write(folder.path().join("outboard.toml"), "mcp_config = [\"m.json\"]").unwrap();
        let _ = load(None, folder.path(), None, &|_| None);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        let _ = settings(&text);
    }
}
