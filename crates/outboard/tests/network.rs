//! The network that an operator grants, and its absence, through the command line in all languages.

use crate::support::Place;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A web server on a free port. `/away` leads to a port that nobody granted.
struct Site {
    port: u16,
    served: Arc<AtomicUsize>,
}

impl Site {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, served) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = served.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &count);
            }
        });
        Self { port, served }
    }

    fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: TcpStream, served: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(bytes) = line.strip_prefix("content-length:") {
            length = bytes.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    served.fetch_add(1, Ordering::SeqCst);
    let away = first.contains("/away").then_some("Location: http://127.0.0.1:1/\r\n");
    let (status, location) = away.map_or(("200 OK", ""), |location| ("302 Found", location));
    let text = json!({"asked": first.trim(), "body": String::from_utf8_lossy(&body)}).to_string();
    let length = text.len();
    write!(stream, "HTTP/1.1 {status}\r\n{location}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}").ok()
}

fn audited(place: &Place) -> Vec<Value> {
    let rows = place.ok(&["audit", "--json"]);
    let rows = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    rows.filter(|row| row["kind"] == "network").collect()
}

#[test]
fn a_granted_host_is_reached_in_every_language_and_recorded() {
    let (place, site) = (Place::with(&[]), Site::open());
    let port = site.port;
    place.settings(&format!("[sandbox.network]\nallow_private = [\"127.0.0.1:{port}\"]\n"));
    let programs = [
        (
            "typescript",
            format!(
                "const r = await fetch('http://127.0.0.1:{port}/x', {{ method: 'POST', body: 'hello' }});\n\
                 const away = await fetch('http://127.0.0.1:{port}/away').catch((e) => e.message);\n\
                 return {{ ok: r.ok, body: (await r.json()).body, away }};"
            ),
        ),
        (
            "python",
            format!(
                "import json, urllib.request, urllib.error\n\
                 r = urllib.request.urlopen('http://127.0.0.1:{port}/x', b'hello')\n\
                 try:\n    away = urllib.request.urlopen('http://127.0.0.1:{port}/away').read()\n\
                 except urllib.error.HTTPError as e:\n    away = e.read().decode()\n\
                 {{'ok': r.status == 200, 'body': json.load(r)['body'], 'away': away}}\n"
            ),
        ),
        (
            "bash",
            format!(
                "body=$(curl -sS -d hello http://127.0.0.1:{port}/x | jq -r .body)\n\
                 away=$(curl -sSL http://127.0.0.1:{port}/away)\n\
                 jq -n --arg body \"$body\" --arg away \"$away\" '{{ok: true, body: $body, away: $away}}'\n"
            ),
        ),
    ];
    for (count, (language, code)) in programs.iter().enumerate() {
        let report = place.program(language, code);
        let result = &report["result"];
        assert_eq!((&result["ok"], &result["body"]), (&json!(true), &json!("hello")), "{language}: {report}");
        let away = result["away"].as_str().unwrap_or_default();
        assert!(away.contains("allow_private = [\"127.0.0.1:1\"]"), "{language}: {report}");
        let hosts = report["network"].as_array().unwrap();
        let own = hosts.iter().find(|host| host["host"] == format!("127.0.0.1:{port}")).unwrap();
        assert_eq!((&own["allowed"], &own["denied"]), (&json!(2), &json!(0)), "{language}: {report}");
        let other = hosts.iter().find(|host| host["host"] == "127.0.0.1:1").unwrap();
        assert_eq!(other["denied"], 1, "{language}: {report}");
        assert_eq!(site.served(), 2 * (count + 1));
    }
    let rows = audited(&place);
    assert_eq!(rows.len(), 9, "{rows:?}");
    assert_eq!(rows.iter().filter(|row| row["decision"].as_str().unwrap().starts_with("deny: ")).count(), 3);
    assert!(place.ok(&["audit", "verify"]).contains("9 "), "the chain holds");
}

#[test]
fn without_a_grant_every_language_is_told_at_once_how_to_get_one() {
    let (place, site) = (Place::with(&[]), Site::open());
    let port = site.port;
    for (language, code) in [
        ("typescript", format!("await fetch('http://127.0.0.1:{port}/');")),
        ("python", format!("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/')\n")),
        ("python", format!("import socket\nsocket.create_connection(('127.0.0.1', {port}))\n")),
    ] {
        let report = place.program(language, &code);
        assert_eq!(report["status"], "failed", "{report}");
        let told = report["error"].to_string();
        assert!(told.contains("[sandbox.network] allow"), "{language}: {report}");
    }
    let report = place.program("bash", &format!("sh -c 'curl -sS http://127.0.0.1:{port}/'"));
    assert!(
        report["status"] == "failed" && report["stdout"].to_string().contains("[sandbox.network] allow"),
        "{report}"
    );
    assert_eq!(site.served(), 0);
    assert_eq!(audited(&place).len(), 0, "nothing reached the host");
}

#[test]
fn a_grant_that_cannot_be_read_is_named() {
    let place = Place::with(&[]);
    place.settings("[sandbox.network]\nallow = [\"https://api.example.com/\"]\n");
    place.write("p.ts", "return 1");
    let (code, told) = place.fails(&["run", "p.ts"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("sandbox.network") && told.contains("https://api.example.com/"), "{told}");
}

#[test]
fn a_fetch_that_was_made_is_not_made_again() {
    let (place, site) = (Place::with(&[]), Site::open());
    let port = site.port;
    place.settings(&format!(
        "journal.suspend_after = \"200ms\"\n[sandbox.network]\nallow_private = [\"127.0.0.1:{port}\"]\n"
    ));
    let code = format!(
        "const r = await fetch('http://127.0.0.1:{port}/x', {{ method: 'POST', body: 'once' }});\n\
         const got = await r.json();\nawait sleep(1500);\nreturn {{ body: got.body, status: r.status }};"
    );
    let report = place.program("typescript", &code);
    assert_eq!(report["result"], json!({"body": "once", "status": 200}), "{report}");
    assert_eq!(site.served(), 1, "the program ran twice, the request left once");
}
