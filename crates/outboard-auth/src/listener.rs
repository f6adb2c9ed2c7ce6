//! Waits on this machine for the browser to come back with the answer.

use crate::error::{AuthError, Reason};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Bytes of a request that are read.
const LARGEST: usize = 16 << 10;
/// Time for a browser to send them.
const SLOWEST: Duration = Duration::from_secs(5);

const DONE: &str = "<!doctype html><meta charset=utf-8><title>Outboard</title><p>Outboard has the answer. \
                    The terminal says what came of it; this page can be closed.";

/// A port of this machine that nobody else reaches.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    /// Opens the port if it is free, else any.
    ///
    /// # Errors
    ///
    /// No port can be opened.
    pub async fn open(preferred: Option<u16>) -> Result<Self, AuthError> {
        let failed =
            |error: std::io::Error| AuthError::new(Reason::Unreachable, format!("no port can be opened: {error}"));
        let socket = match TcpListener::bind((Ipv4Addr::LOCALHOST, preferred.unwrap_or(0))).await {
            Err(_) if preferred.is_some() => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
            bound => bound,
        };
        let socket = socket.map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        Ok(Self { socket, port })
    }

    /// The address that browsers are sent back to.
    pub fn redirect(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// The query of the first request that knows `state`; others, such as those of pages that guess, are refused.
    ///
    /// # Errors
    ///
    /// Nobody comes in time.
    pub async fn answer(&self, state: &str, patience: Duration) -> Result<String, AuthError> {
        let late = |_| {
            AuthError::new(Reason::TimedOut, format!("nobody signed in within {patience:?}"))
                .hint("on a machine without a browser, use --no-browser")
        };
        tokio::time::timeout(patience, self.wait(state)).await.map_err(late)
    }

    async fn wait(&self, state: &str) -> String {
        let (found, mut answers) = tokio::sync::mpsc::channel(1);
        loop {
            tokio::select! {
                biased;
                Some(answer) = answers.recv() => return answer,
                Ok((browser, _)) = self.socket.accept() => {
                    let (found, host, state) = (found.clone(), format!("127.0.0.1:{}", self.port), state.to_owned());
                    tokio::spawn(async move {
                        // A connection that says nothing holds nobody up.
                        if let Ok(Some(query)) = tokio::time::timeout(SLOWEST, serve(browser, &host, &state)).await {
                            let _ = found.send(query).await;
                        }
                    });
                }
            }
        }
    }
}

async fn serve(mut browser: TcpStream, host: &str, state: &str) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        if bytes.len() > LARGEST || browser.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let query = asked(&String::from_utf8_lossy(&bytes), host, state);
    let (status, body) = if query.is_some() { ("200 OK", DONE) } else { ("404 Not Found", "") };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = browser.write_all(answer.as_bytes()).await;
    let _ = browser.shutdown().await;
    query
}

/// The query, if the request is the one that is waited for.
fn asked(head: &str, host: &str, state: &str) -> Option<String> {
    let mut lines = head.split("\r\n");
    let query = lines.next()?.strip_prefix("GET /callback?")?.split(' ').next()?.to_owned();
    let named = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let knows = url::form_urlencoded::parse(query.as_bytes()).any(|(key, value)| key == "state" && value == state);
    (knows && named.is_some_and(|(_, name)| name.trim() == host)).then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_that_is_waited_for_counts() {
        let head = |line: &str, host: &str| format!("{line} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let good = head("GET /callback?code=a&state=s", "127.0.0.1:9");
        assert_eq!(asked(&good, "127.0.0.1:9", "s").as_deref(), Some("code=a&state=s"));
        assert_eq!(asked(&good, "127.0.0.1:9", "other"), None);
        assert_eq!(asked(&head("GET /callback?code=a&state=s", "evil.example:9"), "127.0.0.1:9", "s"), None);
        assert_eq!(asked(&head("POST /callback?code=a&state=s", "127.0.0.1:9"), "127.0.0.1:9", "s"), None);
        assert_eq!(asked("", "127.0.0.1:9", "s"), None);
    }

    #[tokio::test]
    async fn a_silent_connection_holds_nobody_up() {
        let listener = Listener::open(None).await.unwrap();
        let port = listener.port;
        let _silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let browser = tokio::spawn(async move {
            let mut browser = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let request = format!("GET /callback?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
            browser.write_all(request.as_bytes()).await.unwrap();
            let mut page = String::new();
            browser.read_to_string(&mut page).await.unwrap();
            page
        });
        let query = listener.answer("s", Duration::from_secs(60)).await.unwrap();
        assert_eq!(query, "code=c&state=s");
        assert!(browser.await.unwrap().contains("can be closed"));
    }
}
