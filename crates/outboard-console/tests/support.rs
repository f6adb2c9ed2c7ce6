//! A console on a free port, and a browser that keeps its cookie.

use outboard_console::{Act, Answer, Console, Look, Options, Port, hosts_of};
use outboard_types::{CancellationToken, ErrorCode, Principal, Redacted, ToolError};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Remembers what reached it.
#[derive(Default)]
pub(crate) struct Pretended {
    pub(crate) seen: Mutex<Vec<String>>,
    pub(crate) changed: AtomicU64,
    /// Whether tokens of principals are good no more.
    pub(crate) revoked: AtomicBool,
}

impl Port for Pretended {
    fn changes(&self) -> Option<u64> {
        Some(self.changed.load(Ordering::Acquire))
    }

    fn holder(&self, token: &str) -> Option<Principal> {
        let revoked = self.revoked.load(Ordering::Acquire);
        token.strip_prefix("outboard_").filter(|_| !revoked).map(|name| Principal(name.into()))
    }

    fn look(&self, what: Look, only: Option<Principal>) -> Answer<'_> {
        let only = only.map(|name| format!(" of {}", name.0)).unwrap_or_default();
        self.seen.lock().unwrap().push(format!("{what:?}{only}"));
        let answer = match what {
            Look::Execution { id } if id == "none" => {
                Err(ToolError::new(ErrorCode::UnknownExecution, "no execution none").hint("list them"))
            }
            Look::Execution { id } => Ok(json!({"id": id, "title": "</script><img src=x onerror=alert(1)>\u{202e}\0"})),
            _ => Ok(json!({"rows": []})),
        };
        Box::pin(std::future::ready(answer))
    }

    fn act(&self, what: Act, by: String) -> Answer<'_> {
        self.seen.lock().unwrap().push(format!("{what:?} by {by}"));
        Box::pin(std::future::ready(Ok(json!({"done": true}))))
    }
}

pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) port: Arc<Pretended>,
    pub(crate) console: Arc<Console>,
    pub(crate) stop: CancellationToken,
}

impl Place {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (port, stop) = (Arc::new(Pretended::default()), CancellationToken::new());
        let token = Some(Redacted::new("t0ken".to_owned()));
        let options = Options { token, hosts: hosts_of(address), by: "somebody".into() };
        let console = Console::new(port.clone(), options, stop.clone());
        tokio::spawn(console.clone().serve(listener));
        Self { address, port, console, stop }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let url = format!("http://{}{path}", self.address);
        let mut request = reqwest::Client::new().request(method, url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Method::GET, path, headers, "").await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
        self.send(Method::POST, path, headers, &body.to_string()).await
    }

    /// Logs in: cookie and token.
    pub(crate) async fn enter(&self, brought: Value) -> (String, String) {
        let response = self.post("/console/api/login", &[], &brought).await;
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        (cookie, read(response).await["token"].as_str().unwrap().to_owned())
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.port.seen.lock().unwrap())
    }
}

pub(crate) async fn read(response: Response) -> Value {
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}
