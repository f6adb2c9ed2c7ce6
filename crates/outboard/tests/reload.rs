//! A server that is running, and settings that change under it.

use crate::support::{Place, Session, beside};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

/// A session of `serve` and what it told on stderr.
struct Serving {
    place: Place,
    session: Session,
    told: Arc<Mutex<String>>,
}

fn server(name: &str) -> String {
    format!("[servers.{name}]\ncommand = {:?}\nargs = [{name:?}]\n", beside("outboard-demo").display().to_string())
}

impl Serving {
    fn start(servers: &[&str]) -> Self {
        let place = Place::with(servers);
        let mut command = place.command(&["serve"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (lines, told) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::new(Mutex::new(String::new())));
        let kept = told.clone();
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| kept.lock().unwrap().push_str(&(line + "\n")))
        });
        Self { place, session: Session::over(child), told }
    }

    fn heard(&self, text: &str) -> bool {
        self.told.lock().unwrap().contains(text)
    }

    fn wait_for(&self, text: &str) {
        self.place.wait_for(|| self.heard(text));
    }

    fn run(&mut self, code: &str) -> (String, bool) {
        self.session.tool("run_code", json!({"code": code, "language": "typescript"}))
    }
}

#[test]
fn servers_come_and_go_and_a_program_that_runs_ends_as_it_began() {
    let mut serving = Serving::start(&["logs", "crm"]);
    let (text, failed) = serving.run("return (await logs.listPages()).pages");
    assert!(!failed && text.contains("30"), "{text}");
    // It calls before and after the change, of servers that stay.
    let code = "const a = (await logs.listPages()).pages; await sleep(4000); return a + (await logs.listPages()).pages";
    let long = serving
        .session
        .ask("tools/call", json!({"name": "run_code", "arguments": {"code": code, "language": "typescript"}}));
    serving.place.settings(&[server("logs"), server("slack")].concat());
    serving.wait_for("settings reloaded: added slack; removed crm");
    let answer = serving.session.answer(long);
    assert!(answer.to_string().contains("60") && answer["result"]["isError"] != true, "{answer}");
    let (text, failed) = serving.run("return Object.keys(servers).sort().join()");
    assert!(!failed && text.contains("logs,slack"), "{text}");
    let (found, _) = serving.session.tool("search_tools", json!({"query": "send a message", "limit": 1}));
    assert!(found.contains("slack.sendMessage"), "{found}");
    assert_eq!(serving.session.end(), 0);
}

#[test]
fn a_broken_file_keeps_the_old_settings_and_a_policy_takes_effect_at_once() {
    let mut serving = Serving::start(&["logs"]);
    let (text, failed) = serving.run("return (await logs.listPages()).pages");
    assert!(!failed && text.contains("30"), "{text}");
    serving.place.settings("[servers.logs]\ncomand = \"x\"\n");
    serving.wait_for("the old ones stay in force");
    assert!(serving.heard("outboard.toml:2: servers.logs.comand: unknown key"), "{}", serving.told.lock().unwrap());
    let (text, failed) = serving.run("return (await logs.listPages()).pages");
    assert!(!failed && text.contains("30"), "{text}");
    let denied = "[[policy.rules]]\ntools = [\"logs.get_page\"]\naction = \"deny\"\n[sandbox]\ncpu = \"9s\"\n";
    serving.place.settings(&format!("{}{denied}", server("logs")));
    serving.wait_for("needs a restart to take effect: sandbox");
    let (text, failed) = serving.run("return (await callMCPTool('logs', 'get_page', {page: 1}))");
    assert!(failed || text.contains("denied") || text.contains("unknown_tool"), "{text}");
    assert!(!text.contains("succeeded"), "{text}");
    let limited = "[[limits]]\ntools = [\"logs.*\"]\nper = \"principal\"\ncalls = 1\nwindow = \"1h\"\n";
    serving.place.settings(&format!("{}timeout = \"7s\"\n{limited}", server("logs")));
    serving.wait_for("settings reloaded: changed logs");
    let code = "const page = () => logs.getPage({page: 1}).then(() => 'ok', (error) => error.code); return [await page(), await page()]";
    let (text, _) = serving.run(code);
    assert!(text.contains("ok") && text.contains("limit_exceeded"), "limits hold at once: {text}");
    let pid = serving.session.child.id().to_string();
    let before = serving.told.lock().unwrap().matches("settings reloaded").count();
    assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    serving.place.wait_for(|| serving.told.lock().unwrap().matches("settings reloaded").count() > before);
    assert_eq!(serving.session.end(), 0);
}
