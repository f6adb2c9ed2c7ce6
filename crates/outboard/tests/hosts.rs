//! Settings that people have elsewhere: taken over, and our entry in them, put there and taken out again.

use crate::commands::blocks;
use crate::support::{Place, beside};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../outboard-hosts/tests/fixtures/", $name))
    };
}

/// Where each client's file is below the home folder, and what it says.
const FILES: [(&str, &str, &str); 13] = [
    ("claude-desktop", ".config/Claude/claude_desktop_config.json", sample!("claude-desktop.json")),
    ("claude-code", ".claude.json", sample!("claude-code.json")),
    ("cursor", ".cursor/mcp.json", sample!("cursor.json")),
    ("vscode", ".config/Code/User/mcp.json", sample!("vscode.json")),
    ("windsurf", ".codeium/windsurf/mcp_config.json", sample!("windsurf.json")),
    ("gemini", ".gemini/settings.json", sample!("gemini.json")),
    ("qwen", ".qwen/settings.json", sample!("qwen.json")),
    ("codex", ".codex/config.toml", sample!("codex.toml")),
    ("opencode", ".config/opencode/opencode.jsonc", sample!("opencode.jsonc")),
    ("goose", ".config/goose/config.yaml", sample!("goose.yaml")),
    (
        "cline",
        ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        sample!("cline.json"),
    ),
    (
        "roo",
        ".config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
        sample!("roo.json"),
    ),
    ("junie", ".junie/mcp/mcp.json", sample!("junie.json")),
];

/// A home with a project in it.
struct Home {
    place: Place,
}

impl Home {
    fn new() -> Self {
        let place = Place::with(&[]);
        std::fs::remove_file(place.path().join("outboard.toml")).unwrap();
        std::fs::create_dir(place.path().join("project")).unwrap();
        Self { place }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs in the project; gives exit code, stdout, stderr.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = self.place.command(arguments);
        command.current_dir(self.path("project")).stdin(Stdio::null());
        command.env("GH_TOKEN", "made-up-token-1234").env("WEATHER_KEY", "w").env("SHLVL", "1");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let (code, out, told) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {told}{out}");
        out
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--json"]].concat())).unwrap()
    }
}

/// Two clients and a project, with a demo server, a secret, a clash and an entry of ours.
fn furnished() -> Home {
    let home = Home::new();
    let demo = beside("outboard-demo").display().to_string();
    home.write(
        ".cursor/mcp.json",
        &format!(
            "{{\n  // mine\n  \"mcpServers\": {{\n    \"crm\": {{\"command\": {demo:?}, \"args\": [\"crm\"], \"env\": \
             {{\"CRM_TOKEN\": \"made-up-token-1234\", \"LEVEL\": \"1\"}}, \"autoApprove\": [\"x\"]}},\n    \
             \"me\": {{\"command\": \"/usr/bin/outboard\", \"args\": [\"serve\"]}},\n    \
             \"needs\": {{\"command\": \"x\", \"env\": {{\"K\": \"${{env:NOT_SET_HERE}}\"}}}},\n  }}\n}}\n"
        ),
    );
    home.write(
        ".codeium/windsurf/mcp_config.json",
        &format!(
            "{{\"mcpServers\": {{\"crm\": {{\"command\": \"other\", \"args\": [\"--password\", \"hunter2-hunter2\"]}}, \
             \"logs\": {{\"command\": {demo:?}, \"args\": [\"logs\"]}}}}}}"
        ),
    );
    home.write(
        "project/.mcp.json",
        &format!("{{\"mcpServers\": {{\"slack\": {{\"command\": {demo:?}, \"args\": [\"slack\"]}}}}}}"),
    );
    home
}

#[test]
fn import_shows_everything_and_no_secret() {
    let home = furnished();
    let rows = home.json(&["import", "--dry-run"]);
    let status = |id: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("{id}: {rows}"));
        row["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["cursor/crm", "cursor/me", "cursor/needs", "windsurf/crm", "windsurf/logs", "claude-code/slack"].map(status),
        ["taken", "own", "refused", "clash", "taken", "taken"].map(str::to_owned)
    );
    let crm = rows.as_array().unwrap().iter().find(|row| row["id"] == "cursor/crm").unwrap();
    assert_eq!(crm["env"], serde_json::json!({"CRM_TOKEN": "${GH_TOKEN}", "LEVEL": "***"}), "{crm}");
    assert_eq!((&crm["variables"][0], &crm["left"][0]), (&"GH_TOKEN".into(), &"autoApprove".into()));
    let (_, shown, told) = home.run(&["import", "--dry-run"]);
    for secret in ["made-up-token", "hunter2"] {
        assert!(!format!("{rows}{shown}{told}").contains(secret), "{secret}: {shown}{told}");
    }
    assert!(told.contains("NOT_SET_HERE is not set") && told.contains("--rename"), "{told}");
    assert!(!home.path(".config/outboard").exists() && !home.path("project/outboard.toml").exists());
}

#[test]
fn import_writes_servers_that_work_and_a_second_one_finds_them_there() {
    let home = furnished();
    home.write("project/outboard.toml", "# ours\nexpose = \"code\" # keep\n");
    home.ok(&["import", "--yes"]);
    let user = home.read(".config/outboard/config.toml");
    assert!(user.contains("CRM_TOKEN = \"${GH_TOKEN}\"") && user.contains("# From Cursor"), "{user}");
    assert_eq!(
        std::fs::metadata(home.path(".config/outboard/config.toml")).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let project = home.read("project/outboard.toml");
    assert!(
        project.starts_with("# ours\nexpose = \"code\" # keep\n") && project.contains("[servers.slack]"),
        "{project}"
    );
    let listed = home.json(&["list"]);
    let ready: Vec<_> =
        listed.as_array().unwrap().iter().map(|row| (row["server"].clone(), row["status"].clone())).collect();
    assert_eq!(ready, ["crm", "logs", "slack"].map(|name| (name.into(), "ready".into())), "{listed}");
    let again = home.json(&["import"]);
    assert!(again.as_array().unwrap().iter().all(|row| row["status"] != "taken"), "{again}");
    assert_eq!(home.read(".config/outboard/config.toml"), user);
    let renamed = home.json(&["import", "--rename", "--from", "windsurf"]);
    assert_eq!((&renamed[0]["server"], &renamed[0]["written"]), (&"crm-windsurf".into(), &true.into()), "{renamed}");
    let copies = std::fs::read_dir(home.path(".local/share/outboard/backups")).unwrap().count();
    assert_eq!(copies, 2, "one of each file that was there");
}

#[test]
fn import_says_what_is_wrong_and_changes_nothing() {
    let home = furnished();
    let (code, _, told) = home.run(&["import", "--from", "emacs"]);
    assert!(code == 2 && told.contains("known: claude-desktop"), "{told}");
    home.write(".gemini/settings.json", "{\"mcpServers\": {");
    let rows = home.json(&["import", "--dry-run", "--from", "gemini"]);
    assert_eq!(rows[0]["status"], "unreadable");
    assert!(rows[0]["reason"].as_str().unwrap().contains("settings.json: line 1: not JSON"), "{rows}");
    home.write("project/outboard.toml", "[servers\n");
    let (code, _, told) = home.run(&["import", "--yes"]);
    assert!(code == 2 && told.contains("outboard.toml:1"), "{told}");
    assert!(!home.path(".config/outboard/config.toml").exists());
}

#[test]
fn every_client_gets_our_entry_and_its_file_back_byte_for_byte() {
    let home = Home::new();
    for (client, file, text) in FILES {
        home.write(file, text);
        std::fs::set_permissions(home.path(file), std::fs::Permissions::from_mode(0o644)).unwrap();
        for options in [&[][..], &["--move"]] {
            let done = home.json(&[&["install", client], options].concat());
            assert_eq!(done["status"], "installed", "{client}: {done}");
            let after = home.read(file);
            assert!(after.contains(env!("CARGO_BIN_EXE_outboard")) && after.contains("serve"), "{client}: {after}");
            assert_eq!(home.json(&[&["install", client], options].concat())["status"], "present", "{client}");
            assert_eq!(home.json(&["uninstall", client])["status"], "restored", "{client}");
            assert_eq!(home.read(file), text, "{client} {options:?}");
            assert_eq!(std::fs::metadata(home.path(file)).unwrap().permissions().mode() & 0o777, 0o644);
            assert_eq!(home.json(&["uninstall", client])["status"], "absent");
        }
    }
    let known = home.json(&["install"]);
    assert!(known.as_array().unwrap().iter().all(|row| row["status"] != "installed"), "{known}");
}

#[test]
fn moved_servers_are_behind_us_and_later_changes_survive_the_way_back() {
    let home = furnished();
    let file = ".cursor/mcp.json";
    let before = home.read(file);
    let done = home.json(&["install", "cursor", "--move"]);
    assert_eq!(
        (&done["moved"], &done["stays"][0]["status"]),
        (&serde_json::json!(["crm"]), &"refused".into()),
        "{done}"
    );
    let after = home.read(file);
    assert!(!after.contains("\"crm\"") && after.contains("// mine") && after.contains("\"needs\""), "{after}");
    assert!(home.read(".config/outboard/config.toml").contains("[servers.crm]"));
    // The client adds a server of its own; installing again keeps what was moved.
    home.write(file, &after.replacen("\"needs\"", "\"new\": {\"command\": \"n\"},\n    \"needs\"", 1));
    assert_eq!(home.json(&["install", "cursor"])["moved"], serde_json::json!(["crm"]));
    assert!(!home.read(file).contains("\"crm\""));
    let changed = home.read(file).replacen("// mine", "// ours", 1);
    home.write(file, &changed);
    assert_eq!(home.json(&["uninstall", "cursor"])["status"], "merged");
    let back = home.read(file);
    for kept in ["// ours", "\"new\"", "\"needs\"", "\"crm\"", "/usr/bin/outboard", "made-up-token-1234", "autoApprove"]
    {
        assert!(back.contains(kept), "{kept}: {back}");
    }
    assert!(!back.contains(concat!(env!("CARGO_BIN_EXE_outboard"), "\"")), "{back}");
    assert!(before.contains("// mine"));
}

#[test]
fn a_file_that_was_not_there_is_gone_again_and_a_dry_run_writes_nothing() {
    let home = Home::new();
    assert_eq!(home.json(&["install", "vscode", "--project", "--dry-run"])["status"], "planned");
    assert!(!home.path("project/.vscode").exists() && !home.path(".local").exists());
    home.ok(&["install", "vscode", "--project"]);
    let entry: Value = serde_json::from_str(&home.read("project/.vscode/mcp.json")).unwrap();
    assert_eq!(entry["servers"]["outboard"]["args"], serde_json::json!(["serve"]));
    assert_eq!(home.json(&["uninstall", "vscode", "--project"])["status"], "restored");
    assert!(!home.path("project/.vscode").exists());
    let (code, _, told) = home.run(&["install", "windsurf", "--project"]);
    assert!(code == 2 && told.contains("no file for a project"), "{told}");
}

#[test]
fn a_project_cannot_make_us_write_elsewhere_and_another_outboard_is_left_alone() {
    let home = Home::new();
    home.write(".claude.json", "{\"mcpServers\": {}}");
    symlink(home.path(".claude.json"), home.path("project/.mcp.json")).unwrap();
    let (code, _, told) = home.run(&["install", "claude-code", "--project"]);
    assert!(code == 2 && told.contains("leads out of"), "{told}");
    let (code, ..) = home.run(&["uninstall", "claude-code", "--project"]);
    assert_eq!((code, home.read(".claude.json").as_str()), (2, "{\"mcpServers\": {}}"));
    let theirs = "{\"mcpServers\": {\"outboard\": {\"command\": \"motor\"}}}";
    home.write(".cursor/mcp.json", theirs);
    let (code, _, told) = home.run(&["install", "cursor"]);
    assert!(code == 2 && told.contains("rename it first"), "{told}");
    assert_eq!(home.read(".cursor/mcp.json"), theirs);
}

/// Starts what a client's file says, from a folder that is no project, and says hello.
fn greeted(home: &Home, entry: &Value) -> Value {
    let words = |value: &Value| {
        value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut command = home.place.command(&[]);
    assert_eq!(entry["command"], command.get_program().to_str().unwrap());
    command.args(words(&entry["args"])).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let hello = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{hello}").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn what_was_installed_starts_from_anywhere_and_keeps_its_state_with_the_user() {
    let home = furnished();
    home.ok(&["install", "cursor", "--move"]);
    let text = home.read(".cursor/mcp.json");
    let plain: String = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
    let plain = plain.replace(" ", "").replace("],}", "]}").replace("},}", "}}");
    let file: Value = serde_json::from_str(&plain).unwrap_or_else(|error| panic!("{error}: {plain}"));
    let answer = greeted(&home, &file["mcpServers"]["outboard"]);
    assert!(answer["result"]["instructions"].as_str().unwrap().contains("crm"), "{answer}");
    assert!(home.path(".local/share/outboard/state").is_dir());
    assert!(!Path::new("/.outboard").exists());
}

#[test]
fn every_line_of_the_pages_runs() {
    let page = include_str!("../../../docs/import.md");
    let home = furnished();
    let lines: Vec<String> = [page, include_str!("../../../docs/setup.md")]
        .iter()
        .flat_map(|page| blocks(page, "sh"))
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(lines.len() >= 15, "{lines:?}");
    for line in lines {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        assert_eq!(words[0], "outboard", "{line}");
        home.ok(&words[1..]);
    }
    home.write("project/outboard.schema.json", &home.ok(&["config", "schema"]));
    home.write("project/outboard.toml", &blocks(include_str!("../../../docs/setup.md"), "toml").concat());
    assert!(home.ok(&["doctor", "--json"]).contains("enabled of"), "the example is taken");
    for (client, ..) in FILES {
        assert!(page.contains(&format!("`{client}`")), "{client} is not in the page");
    }
}
