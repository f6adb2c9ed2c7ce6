//! Commands: data on stdout, talk on stderr, exit codes.

use crate::support::Place;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn list_shows_states_and_a_broken_server_hides_nobody() {
    let place = Place::with(&["logs", "crm"]);
    let good = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("{good}[servers.broken]\ncommand = \"/nonexistent/server\"\n"));
    let list = json(&place.ok(&["list", "--json"]));
    let status = |name: &str| {
        let row = list.as_array().unwrap().iter().find(|row| row["server"] == name).unwrap().clone();
        (row["status"].as_str().unwrap().to_owned(), row["tools"].clone(), row["last_error"].clone())
    };
    assert_eq!(status("crm").0, "ready");
    assert_eq!(status("logs").1, 3);
    let (broken, _, error) = status("broken");
    assert_eq!(broken, "failed");
    assert!(error.as_str().unwrap().contains("/nonexistent/server"), "{error}");
}

#[test]
fn search_answers_one_list_a_line() {
    let place = Place::with(&["google-drive", "slack"]);
    let text = place.ok(&["search", "read a document"]);
    assert!(text.starts_with("googleDrive.getDocument(input: { documentId: string; fields?: string })"), "{text}");
    let python = place.ok(&["search", "send a message", "--language", "python", "--limit", "1", "--json"]);
    assert_eq!(
        json(&python)[0]["signature"],
        "slack.send_message(channel: str, text: str) -> {\"ok\": bool, \"channel\": str, \"ts\": str}"
    );
    let mut child = place
        .command(&["search", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"send message\nread rows\n").unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let lines: Vec<Value> = output.lines().map(json).collect();
    assert_eq!(
        (lines.len(), &lines[0][0]["tool"], &lines[1][0]["tool"]),
        (2, &Value::from("send_message"), &Value::from("get_sheet"))
    );
}

#[test]
fn call_gives_the_value_or_says_what_is_wrong() {
    let place = Place::with(&["logs"]);
    assert_eq!(json(&place.ok(&["call", "logs", "list_pages"]))["pages"], 30);
    assert_eq!(place.ok(&["call", "logs.list_pages"]), place.ok(&["call", "logs", "list_pages", "{}"]));
    for words in
        [&["logs.get_page", "{\"page\":2}"][..], &["logs.get_page", "page=2"], &["logs", "get_page", "page:=2"]]
    {
        assert!(place.ok(&[&["call"][..], words].concat()).contains("\"page\":2"), "{words:?}");
    }
    for (arguments, code, said) in [
        (["call", "logs", "get_page", "{\"pag\":1}"], 1, "did you mean \"page\"?"),
        (["call", "logs", "get_page", "{\"page\":99}"], 1, "no page 99"),
        (["call", "logs", "get_pages", "{}"], 1, "did you mean get_page"),
        (["call", "log", "get_page", "{}"], 1, "servers: logs"),
        (["call", "logs", "get_page", "{page"], 2, "not JSON"),
    ] {
        let (exit, told) = place.fails(&arguments);
        assert_eq!(exit, code, "{told}");
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn generate_writes_modules_and_wrong_settings_name_the_line() {
    let place = Place::with(&["google-drive"]);
    place.ok(&["generate", "out"]);
    let module = std::fs::read_to_string(place.path().join("out/servers/google-drive/getDocument.d.ts")).unwrap();
    assert!(module.contains("function getDocument(input: GetDocumentInput)"), "{module}");
    assert!(
        place.path().join("out/pyproject.toml").exists()
            && place.path().join("out/servers/google_drive/get_document.pyi").exists()
    );
    place.settings("[servers.a]\ncomand = \"x\"\n");
    let (code, told) = place.fails(&["list"]);
    assert_eq!(code, 2);
    assert!(told.contains("outboard.toml:2: servers.a.comand: unknown key; did you mean \"command\"?"), "{told}");
}

#[test]
fn doctor_finds_this_machine_fit() {
    let place = Place::with(&[]);
    let checks = json(&place.ok(&["doctor", "--json"]));
    let ids: Vec<_> = checks.as_array().unwrap().iter().map(|check| check["id"].as_str().unwrap()).collect();
    let ids: Vec<_> = ids.into_iter().filter(|id| *id != "tools").collect();
    assert_eq!(ids, ["settings", "servers", "state", "sandbox", "typescript", "python", "bash"]);
}

#[test]
fn a_saved_listing_is_listed_and_a_call_to_it_says_so() {
    let place = Place::with(&[]);
    place.write(
        "tools.json",
        r#"{"tools":[{"name":"ghost_tool","description":"Not there.","inputSchema":{"type":"object"}}]}"#,
    );
    place.settings("[servers.ghost]\ncatalog_file = \"tools.json\"\n");
    assert!(place.ok(&["search", "ghost tool"]).starts_with("ghost.ghostTool("));
    let (code, told) = place.fails(&["call", "ghost", "ghost_tool"]);
    assert_eq!(code, 1);
    assert!(told.contains("error[listing_only]"), "{told}");
}

#[test]
fn the_demo_saves_tokens_and_both_ways_agree() {
    let place = Place::with(&[]);
    let report = json(&place.ok(&["demo", "--json"]));
    let workflows = report["workflows"].as_array().unwrap();
    assert_eq!((workflows.len(), &report["counter"]), (4, &Value::from("o200k")));
    for workflow in workflows {
        assert_eq!(workflow["same_outcome"], true, "{workflow}");
        assert!(workflow["saving_percent"].as_f64().unwrap() > 70.0, "{workflow}");
    }
    assert!(workflows[1]["saving_percent"].as_f64().unwrap() > 98.0, "{}", workflows[1]);
}

/// The code blocks of a language in a page.
pub(crate) fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn a_program_can_stand_on_the_command_line() {
    let place = Place::with(&["logs"]);
    assert!(place.ok(&["run", "-e", "return 6 * 7"]).contains("result: 42"));
    assert!(place.ok(&["run", "--language", "python", "-e", "6 * 7"]).contains("result: 42"));
    let (exit, told) = place.fails(&["run", "return 6 * 7"]);
    assert!(exit == 2 && told.contains("outboard run -e CODE"), "{exit} {told}");
}

#[test]
fn programs_of_the_readme_run() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let place = Place::with(&["google-drive", "salesforce", "logs"]);
    let programs = ["ts", "python"].map(|language| blocks(&readme, language));
    assert_eq!(programs.each_ref().map(Vec::len), [2, 1]);
    for (language, program) in programs[0].iter().map(|one| ("typescript", one)).chain([("python", &programs[1][0])]) {
        let report = place.program(language, program);
        assert_eq!(report["status"], "succeeded", "{program}: {report}");
    }
    let kept = place.program(
        "typescript",
        "import { tidy } from './skills/tidy';\nreturn [tidy(' a  b '), await state.get('done')];",
    );
    assert_eq!(kept["result"], serde_json::json!(["a b", 1]), "{kept}");
}

#[test]
fn what_the_readme_shows_exists() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let place = Place::with(&[]);
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `outboard "));
    let commands: Vec<Vec<&str>> = rows
        .map(|row| row.split('`').next().unwrap().split_whitespace())
        .map(|words| words.take_while(|word| word.chars().all(|c| c.is_ascii_lowercase())).collect())
        .collect();
    assert!(commands.len() >= 12, "{commands:?}");
    for words in commands {
        let help = place.ok(&[&words[..], &["--help"]].concat());
        assert!(help.contains("Usage: outboard"), "{words:?}");
    }
    place.write(".mcp.json", "{\"mcpServers\": {}}");
    let settings = blocks(&readme, "toml");
    assert!(settings.len() >= 2);
    for text in settings {
        place.settings(&text);
        place.ok(&["executions"]);
    }
}

#[test]
fn the_ranking_is_measured_on_any_labelled_folder() {
    let place = Place::with(&[]);
    place.write("tools.jsonl", "{\"id\":\"a\",\"server\":\"s\",\"name\":\"send_mail\",\"description\":\"Sends a mail\",\"schema\":{}}\n{\"id\":\"b\",\"server\":\"s\",\"name\":\"list_files\",\"description\":\"Lists files\",\"schema\":{}}\n");
    place.write(
        "queries.jsonl",
        "{\"id\":\"1\",\"query\":\"send a mail\",\"gold_groups\":[[\"a\"]],\"gold\":[\"a\"]}\n",
    );
    let report = json(&place.ok(&["search", "--eval", ".", "--json"]));
    assert!(report.to_string().contains("recall"), "{report}");
    place.write("queries.jsonl", "{\"id\":1");
    let (code, told) = place.fails(&["search", "--eval", "."]);
    assert!(code == 2 && told.contains("queries.jsonl"), "{told}");
}

#[test]
fn preflight_can_be_turned_off() {
    let place = Place::with(&["logs"]);
    let code = "if (input) { logs.getPage() } return nobodyKnows;";
    assert_eq!(place.program("typescript", code)["error"]["code"], "preflight_failed");
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("preflight.enabled = false\n{settings}"));
    assert_eq!(place.program("typescript", code)["error"]["code"], "program_error");
}
