//! Real type checkers, confined, in front of real programs.

mod confined;
mod tools;

use crate::preflight::{cases, place, right_programs_run, run};
use crate::support::Place;
use serde_json::json;

const RIGHT: [(&str, &str, &str); 2] =
    [("typescript", "// case: ", include_str!("right.ts.txt")), ("python", "# case: ", include_str!("right.py.txt"))];
const WRONG: [(&str, &str, &str); 2] =
    [("typescript", "// case: ", include_str!("wrong.ts.txt")), ("python", "# case: ", include_str!("wrong.py.txt"))];
const TOLD: [(&str, &str, &str); 2] =
    [("typescript", "// case: ", include_str!("told.ts.txt")), ("python", "# case: ", include_str!("told.py.txt"))];

/// A place with both checkers, without which nothing runs.
fn checked() -> Place {
    let place = place();
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let (typescript, python) = (tools::typescript().display().to_string(), tools::python().display().to_string());
    let own = format!("[preflight]\ntypes = \"require\"\ntypescript = {typescript:?}\npython = {python:?}\n");
    place.settings(&format!("{own}{servers}"));
    place
}

#[test]
fn what_the_language_does_not_have_is_refused() {
    let (place, mut wrong) = (checked(), Vec::new());
    let mut session = place.serve();
    for (language, mark, file) in WRONG {
        for (head, code) in cases(file, mark) {
            let [name, line, told] = head.split(" | ").collect::<Vec<_>>()[..] else { panic!("{head}") };
            let text = run(&mut session, language, &code.replace("'''", "```"));
            let refused = text.contains("error preflight_failed") && !text.contains("\ncalls");
            if !refused || !text.contains(&format!("line {line},")) || !text.contains(told) {
                wrong.push(format!("{language}: {name}: {text}"));
            }
        }
    }
    session.end();
    assert!(wrong.is_empty(), "{} programs:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn what_results_are_not_declared_to_have_is_told() {
    let (place, mut wrong) = (checked(), Vec::new());
    let mut session = place.serve();
    for (language, mark, file) in TOLD {
        for (head, code) in cases(file, mark) {
            let (name, told) = head.split_once(" | ").unwrap();
            let text = run(&mut session, language, &code.replace("'''", "```"));
            if !text.starts_with("succeeded") || !text.contains(told) {
                wrong.push(format!("{language}: {name}: {text}"));
            }
        }
    }
    session.end();
    assert!(wrong.is_empty(), "{} programs:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn no_program_that_runs_is_refused() {
    let place = checked();
    let (mut session, mut refused) = (place.serve(), Vec::new());
    for (language, mark, file) in RIGHT {
        for (name, code) in cases(file, mark) {
            let text = run(&mut session, language, &code.replace("'''", "```"));
            if !text.starts_with("succeeded") {
                refused.push(format!("{language}: {name}: {text}"));
            }
        }
    }
    session.end();
    assert!(refused.is_empty(), "{} programs:\n{}", refused.len(), refused.join("\n\n"));
    right_programs_run(&place);
}

#[test]
fn a_checker_that_is_missing_is_named_where_it_is_required() {
    let place = Place::with(&["logs"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("PATH", "/nonexistent");
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    place.write("a.ts", "return 1;");
    place.settings(&format!("preflight.types = \"require\"\n{servers}"));
    let told = command(&["run", "a.ts"]);
    assert!(told.contains("no type checker for TypeScript") && told.contains("npm install"), "{told}");
    for types in ["auto", "off"] {
        place.settings(&format!("preflight.types = {types:?}\n{servers}"));
        assert!(command(&["run", "a.ts"]).contains("result: 1"), "{types}");
    }
    place.settings(&format!("preflight.python = \"/nonexistent/ty\"\n{servers}"));
    let (code, told) = place.fails(&["run", "a.ts"]);
    assert!(code != 0 && told.contains("preflight.python") && told.contains("pip install ty"), "{told}");
    place.settings("preflight.types = \"maybe\"\n");
    assert!(place.fails(&["list"]).1.contains("preflight.types"));
}

/// The declarations that editors read, before ty: results are used plainly and with `await`.
#[test]
fn an_editor_takes_programs_that_await_and_those_that_do_not() {
    let place = Place::with(&["google-drive", "logs"]);
    place.ok(&["generate", "api"]);
    for (name, code, fine) in [
        (
            "plain.py",
            "from servers.google_drive import get_document\nd = get_document(\"a\")\nprint(d[\"title\"].upper(), len(d), {**d}, d.get(\"more\"))\n",
            true,
        ),
        (
            "awaits.py",
            "import asyncio\nfrom servers.logs import get_page\nfrom servers.google_drive import get_document\nasync def main() -> None:\n    d = await get_document(\"a\")\n    pages = await asyncio.gather(*(get_page(n) for n in (1, 2)))\n    one = await asyncio.wait_for(get_page(page=3), 5)\n    print(d[\"title\"].upper(), [page[\"page\"] for page in pages], one[\"page\"])\nasyncio.run(main())\n",
            true,
        ),
        (
            "wrong_plain.py",
            "from servers.google_drive import get_document\nget_document(\"a\")[\"title\"].uper()\n",
            false,
        ),
        (
            "wrong_awaits.py",
            "from servers.google_drive import get_document\nasync def main() -> None:\n    (await get_document(\"a\"))[\"title\"].uper()\n",
            false,
        ),
    ] {
        place.write(&format!("api/{name}"), code);
        let mut ty = std::process::Command::new(tools::python());
        let output = ty
            .args(["check", "--project", "api"])
            .arg(format!("api/{name}"))
            .current_dir(place.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!((output.status.success(), told.contains("uper")), (fine, !fine), "{name}: {told}");
    }
}

#[test]
fn findings_are_in_the_report_as_data() {
    let place = checked();
    let report =
        place.program("typescript", "const d = await googleDrive.getDocument('abc123');\nreturn d.contnt ?? 1;");
    assert_eq!(report["status"], "succeeded", "{report}");
    assert!(report["inspection"]["types"][0].as_str().unwrap().contains("did you mean `content`"), "{report}");
    let report = place.program("python", "x = [1]\nx.push(2)");
    assert_eq!(
        (&report["error"]["code"], &report["error"]["line"]),
        (&json!("preflight_failed"), &json!(2)),
        "{report}"
    );
}
