//! What programs keep for later programs, and the tokens that they ask for.

use crate::crash::started;
use crate::support::Place;
use serde_json::{Value, json};

fn place() -> Place {
    let place = Place::with(&[]);
    place.settings("expose = \"code\"\n");
    place
}

fn result(place: &Place, language: &str, code: &str) -> Value {
    let report = place.program(language, code);
    assert_eq!(report["status"], "succeeded", "{language}: {code}\n{report}");
    report["result"].clone()
}

#[test]
fn state_is_one_in_every_language() {
    let place = place();
    let code = "await state.set('seen', { ids: [1, 2], 'ü': null });\nawait state.set('seen.n', 2);\n\
        return [await state.get('none'), await state.get('none', 'x'), await state.update('n', (n) => n + 1, 5), await state.list()];";
    assert_eq!(result(&place, "typescript", code), json!([null, "x", 6, ["n", "seen", "seen.n"]]));
    let code = "n = state.update('n', lambda n: n * 2)\n\
        [state.get('seen')['ids'], n, state.get('none', 7), state.list('seen'), state.delete('seen.n'), state.delete('seen.n')]";
    assert_eq!(result(&place, "python", code), json!([[1, 2], 12, 7, ["seen", "seen.n"], true, false]));
    let code = "import asyncio\nasync def more(n):\n    await sleep(0.001)\n    return n + 1\n\
        await asyncio.gather(*[state.update('n', more) for _ in range(5)])\nawait state.get('n')";
    assert_eq!(result(&place, "python", code), json!(17), "changes that are made side by side all count");
    let code = "state set words '[\"a\",\"b\"]'; echo '{\"x\":1}' | state set from -; state set plain 'some words'\n\
        state update words jq -c '. + [\"c\"]'; state update fresh jq -c '. // 0 | . + 1'\n\
        echo \"[$(state get words),$(state get from),\\\"$(state get -r plain)\\\",$(state get fresh),$(state get none 3),$(state delete from),\\\"$(state list f | tr '\\n' ' ')\\\"]\"";
    let expected = json!([["a", "b", "c"], {"x": 1}, "some words", 1, 3, true, "fresh "]);
    assert_eq!(result(&place, "bash", code), expected);
    let code = "head -c 250000 /dev/zero | tr '\\0' x | jq -R . | state set big -; state update big cat; state get -r big | tr -d '\\n' | wc -c";
    assert_eq!(result(&place, "bash", code), json!(250_000), "large values pass through a command");
}

#[test]
fn mistakes_and_limits_have_names_in_every_language() {
    let place = place();
    let code = "const code = (call) => call.then(() => 'fine', (e) => [e.code, e.message]);\n\
        return [await code(state.set('', 1)), await code(state.set('k', undefined)), await code(state.set('k', 'x'.repeat(300000))),\n\
        await code(callMCPTool('outboard:', 'none', {}))];";
    let told = result(&place, "typescript", code);
    let codes: Vec<_> = told.as_array().unwrap().iter().map(|one| one[0].as_str().unwrap()).collect();
    assert_eq!(codes, ["invalid_arguments", "invalid_arguments", "limit_exceeded", "unknown_tool"], "{told}");
    assert!(told[2][1].as_str().unwrap().contains("256 KiB"), "{told}");
    let code = "said = []\nfor call in (lambda: state.set('', 1), lambda: state.set('k', 'x' * 300000)):\n    try:\n        call()\n    except ToolError as e:\n        said.append(e.code)\nsaid";
    assert_eq!(result(&place, "python", code), json!(["invalid_arguments", "limit_exceeded"]));
    let code = "state set '' 1 2>/tmp/told; echo \"[$?,$(grep -c invalid_arguments /tmp/told)]\"";
    assert_eq!(result(&place, "bash", code), json!([1, 1]));
    assert_eq!(place.program("bash", "state grow k")["status"], "failed", "a wrong use is an error");
}

#[test]
fn a_session_sees_its_own_state_and_forgets_it() {
    let place = place();
    result(&place, "typescript", "await state.set('k', 1)");
    place.write("look.ts", "return await state.list()");
    let other = place.ok(&["run", "look.ts", "--session", "other", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&other).unwrap()["result"], json!([]), "{other}");
    assert_eq!(result(&place, "typescript", "return await state.list()"), json!(["k"]));
}

#[test]
fn a_person_looks_at_state_and_changes_it() {
    let place = place();
    result(&place, "typescript", "await state.set('a.one', { n: [1] }); await state.set('b', 'text')");
    assert_eq!(place.ok(&["state", "list"]), "a.one\nb\n");
    assert_eq!(place.ok(&["state", "get", "a.one"]), "{\"n\":[1]}\n");
    assert_eq!(place.ok(&["state", "get", "none"]), "null\n");
    let told = |arguments: &[&str]| serde_json::from_str::<Value>(&place.ok(arguments)).unwrap();
    assert_eq!(told(&["state", "get", "b", "--json"]), json!({"id": "b", "found": true, "value": "text"}));
    assert_eq!(told(&["state", "list", "a", "--json"]), json!([{"id": "a.one"}]));
    let before = told(&["executions", "--json"]).as_array().unwrap().len();
    assert_eq!(told(&["state", "set", "b", "{\"x\": 2}", "--json"]), json!({"id": "b", "status": "set"}));
    assert_eq!(place.ok(&["state", "set", "c", "plain words"]), "");
    assert_eq!(result(&place, "python", "[state.get('b')['x'], state.get('c')]"), json!([2, "plain words"]));
    assert_eq!(told(&["state", "delete", "b", "--json"])["status"], "deleted");
    assert_eq!(told(&["state", "delete", "b", "--json"])["status"], "missing");
    let other = &["--session", "other"];
    place.ok(&[&["state", "set", "d", "1"][..], other].concat());
    assert_eq!(
        (place.ok(&["state", "list"]), place.ok(&[&["state", "list"][..], other].concat())),
        ("a.one\nc\n".into(), "d\n".into())
    );
    let after = told(&["executions", "--json"]).as_array().unwrap().len();
    assert_eq!(after - before, 6, "each change is an execution, looking is none");
    let (exit, said) = place.fails(&["state", "set", "", "1"]);
    assert!(exit == 1 && said.contains("invalid_arguments"), "{exit}: {said}");
    let (exit, said) = place.fails(&["state", "list", "--session", "../x"]);
    assert!(exit == 2 && said.contains("session"), "{exit}: {said}");
}

#[test]
fn a_name_of_the_program_or_of_a_server_comes_first() {
    let place = place();
    let code = "const state = { get: () => 'mine' };\nfunction tokenize(x) { return x + 1 }\nreturn [state.get('k'), tokenize(1)];";
    assert_eq!(result(&place, "typescript", code), json!(["mine", 2]));
    let code = "import tokenize\nstate = {'a': 1}\n[state.get('a'), tokenize.NAME]";
    assert_eq!(result(&place, "python", code), json!([1, 1]));
    let code = "import { state as kept } from 'outboard';\nawait kept.set('k', 3);\nreturn await kept.get('k');";
    assert_eq!(result(&place, "typescript", code), json!(3));
    assert_eq!(result(&place, "python", "from outboard_api import state as kept\nkept.get('k')"), json!(3));
    let report = place.program("typescript", "return await stat.get('k')");
    assert_eq!(report["status"], "failed", "{report}");
}

#[test]
fn programs_make_tokens_and_know_them() {
    let place = place();
    let code = "const token = await tokenize('ada@lovelace.example', 'EMAIL');\n\
        return [token, await isToken(token), await isToken('[EMAIL_9]'), await isToken('x'), await tokenize('blue', 'COLOUR'), 'ada@lovelace.example'];";
    let told = result(&place, "typescript", code);
    assert_eq!(told, json!(["[EMAIL_1]", true, false, false, "[PRIVATE_1]", "[EMAIL_1]"]));
    assert_eq!(
        result(&place, "python", "[tokenize('ada@lovelace.example', 'EMAIL'), is_token('x')]"),
        json!(["[EMAIL_1]", false])
    );
    assert_eq!(
        result(
            &place,
            "bash",
            "t=$(tokenize 'red car' CAR); is_token x && exit 1; is_token \"$t\" && echo \"\\\"$t\\\"\""
        ),
        json!("[PRIVATE_2]")
    );
    place.settings("expose = \"code\"\nprivacy.enabled = false\n");
    let code = "return await tokenize('a').catch((e) => e.code)";
    assert_eq!(result(&place, "typescript", code), "invalid_request");
}

/// Fifty items, each noted when it is done; before the thirtieth the program waits for a file.
const LOOP: [(&str, &str); 2] = [
    (
        "typescript",
        "const fs = require('fs');\nconst done = await state.get('done', 0);\nconst ran = [];\n\
         for (let item = done; item < 50; item++) {\n  if (item === 30 && !fs.existsSync('/workspace/go')) await sleep(600000);\n  \
         ran.push(item);\n  await state.set('done', item + 1);\n}\nreturn ran;",
    ),
    (
        "python",
        "import os\nran = []\nfor item in range(state.get('done', 0), 50):\n    if item == 30 and not os.path.exists('/workspace/go'):\n        \
         sleep(600)\n    ran.append(item)\n    state.set('done', item + 1)\nresult = ran",
    ),
];

#[test]
fn a_loop_that_was_killed_at_sixty_percent_does_only_the_rest() {
    for (language, code) in LOOP {
        let place = Place::with(&[]);
        place.settings("expose = \"code\"\njournal.on_restart = \"fail\"\n");
        let mut session = place.client();
        started(&mut session, language, code);
        let kept = || place.program("typescript", "return await state.get('done', 0)")["result"].clone();
        place.wait_for(|| kept() == 30);
        session.kill();
        place.write("go", "");
        place.ok(&["workspace", "put", "default", "go", "go"]);
        let rest: Vec<u64> = (30..50).collect();
        assert_eq!(result(&place, language, code), json!(rest), "{language}");
        assert_eq!(kept(), 50);
    }
}

#[test]
fn a_change_is_made_once_however_often_the_program_is_run_again() {
    let place = Place::with(&[]);
    place.settings("expose = \"code\"\njournal.suspend_after = \"100ms\"\n");
    let code = "for (let i = 0; i < 10; i++) await state.update('n', (n) => n + 1, 0);\nawait sleep(3000);\n\
        await state.update('n', (n) => n + 1);\nawait sleep(1000);\nreturn await state.get('n');";
    let mut session = place.client();
    let id = started(&mut session, "typescript", code);
    place.wait_for(|| place.program("typescript", "return await state.get('n', 0)")["result"] == 10);
    session.kill();
    let mut session = place.client();
    let (text, error) = session.tool("wait", json!({"execution": id, "wait_s": 60}));
    assert!(!error && text.contains("11"), "{text}");
    session.end();
    assert_eq!(result(&place, "typescript", "return await state.get('n')"), json!(11));
    let output = place.run(&["replay", &id, "--json"]);
    let (replayed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(replayed.contains("11"), "a replay answers from the record: {replayed}{told}");
    assert!(!told.contains("ERROR"), "and writes nothing: {told}");
}
