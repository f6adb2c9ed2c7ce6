//! Signing in at an authorization server that nobody here wrote.

use super::install::installed;
use crate::support::Place;
use crate::web;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

struct Provider {
    child: Child,
    port: u16,
    told: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    /// Its access tokens are good for so many seconds.
    fn start(seconds: u64, place: &Place) -> Self {
        let real = installed();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/provider.mjs");
        let mut command = Command::new(&real.node);
        command
            .arg(script)
            .arg(real.packages())
            .arg(seconds.to_string())
            .arg(place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.parse().ok()).expect("a port");
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = told.clone();
        std::thread::spawn(move || lines.for_each(|line| kept.lock().unwrap().push(line)));
        Self { child, port, told }
    }

    fn grants(&self, kind: &str) -> usize {
        let told = self.told.lock().unwrap();
        assert!(!told.iter().any(|line| line.contains("error")), "{told:?}");
        told.iter().filter(|line| line.contains(kind)).count()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_authorization_server_registers_grants_and_renews() {
    // Over by the time at which it would be sent: every call renews it, and the refresh token with it.
    let place = Place::with(&[]);
    let provider = Provider::start(20, &place);
    place.settings(&format!("[servers.real]\nurl = \"http://127.0.0.1:{}/mcp\"\n", provider.port));
    let told: Value = serde_json::from_str(&web::login(&place, &["real"])).unwrap();
    assert_eq!(told["scopes"], serde_json::json!(["read"]), "{told}");
    assert_eq!(provider.grants("authorization_code"), 1);
    for _ in 0..3 {
        let said = place.ok(&["call", "real", "whoami", "{}"]);
        assert!(said.contains("you are ada with read"), "{said}");
    }
    assert!(provider.grants("refresh_token") >= 3, "{:?}", provider.told.lock().unwrap());
    let said =
        place.program("python", "import asyncio\nfrom servers.real import whoami\nlen([whoami() for _ in range(5)])");
    assert_eq!(said["status"], "succeeded", "{said}");
    assert_eq!(provider.grants("grant.revoked"), 0);
    let told = String::from_utf8_lossy(&place.run(&["logout", "real"]).stderr).into_owned();
    assert!(told.contains("has taken the tokens back"), "{told}");
    place.wait_for(|| provider.grants("grant.revoked") > 0);
}

#[test]
fn outboard_shows_a_real_authorization_server_who_it_is_with_a_key() {
    let place = Place::with(&[]);
    let provider = Provider::start(600, &place);
    let server = |name: &str| {
        format!(
            "[servers.{name}]\nurl = \"http://127.0.0.1:{}/mcp\"\n[servers.{name}.oauth]\nclient_id = \"{name}\"\n\
             client_key = \"{name}.pem\"\nclient_key_id = \"{name}\"\ngrant = \"client_credentials\"\n",
            provider.port
        )
    };
    place.settings(&[server("ec"), server("rsa")].concat());
    for name in ["ec", "rsa"] {
        let said = place.ok(&["call", name, "whoami", "{}"]);
        assert!(said.contains(&format!("you are {name} with read")), "{said}");
    }
    assert_eq!(provider.grants("client_credentials"), 2, "one for each, and kept");
}
