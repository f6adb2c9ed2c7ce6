//! Servers of a test: requests over HTTP, answered by a function.

use crate::support::Place;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;

/// One request. Names of headers are in small letters.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The fields of the query, or of the form in the body.
    pub(crate) fn fields(&self) -> HashMap<String, String> {
        let text = self.path.split_once('?').map_or(self.body.as_str(), |(_, query)| query);
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }
}

/// Status, further header lines, and body.
pub(crate) type Answer = (&'static str, String, String);

pub(crate) fn json_answer(status: &'static str, body: &Value) -> Answer {
    (status, String::new(), body.to_string())
}

/// Answers on a port of this machine for as long as the test takes.
pub(crate) fn serve(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(&stream);
                while let Some(asked) = read(&mut reader) {
                    let (status, headers, body) = answer(&asked);
                    let length = body.len();
                    let head =
                        format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}");
                    let mut out = &stream;
                    let sent = out.write_all(format!("{head}\r\n{headers}\r\n{body}").as_bytes());
                    if sent.is_err() || asked.header("connection") == "close" {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// What a small MCP server with one tool, `whoami`, answers.
pub(crate) fn mcp(asked: &Asked, name: &str) -> Answer {
    let message = asked.json();
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "u", "version": "1"},
        }),
        "tools/list" => json!({"tools": [
            {"name": "whoami", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}},
        ]}),
        "tools/call" => json!({"content": [{"type": "text", "text": format!("you are {name}")}]}),
        _ => Value::Null,
    };
    let error = json!({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "no"}});
    match (asked.method.as_str(), message["id"].is_null(), result.is_null()) {
        ("POST", false, true) => json_answer("200 OK", &error),
        ("POST", false, false) => {
            json_answer("200 OK", &json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
        }
        ("POST", true, _) => ("202 Accepted", String::new(), String::new()),
        _ => ("405 Method Not Allowed", String::new(), String::new()),
    }
}

/// One request, and the whole answer.
pub(crate) fn send(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Goes to an address and wherever it leads, with cookies; what is there.
pub(crate) fn browse(address: &str) -> String {
    let (mut address, mut cookies) = (address.to_owned(), HashMap::new());
    for _ in 0..10 {
        let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let sent: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = send(host, &format!("GET /{path} HTTP/1.1\r\nCookie: {}", sent.join("; ")), "");
        let head: Vec<_> =
            answer.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": ")).collect();
        let named = |wanted: &str| {
            let fits = move |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(wanted);
            head.iter().filter(fits).map(|(_, value)| (*value).to_owned()).collect::<Vec<_>>()
        };
        for cookie in named("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        match named("location").first() {
            Some(next) if next.starts_with('/') => address = format!("http://{host}{next}"),
            Some(next) => address = next.clone(),
            None => return answer,
        }
    }
    panic!("{address} leads in circles")
}

/// Signs in as a person with a browser does; what was printed as JSON.
pub(crate) fn login(place: &Place, arguments: &[&str]) -> String {
    let all = [&["login", "--no-browser", "--json"], arguments].concat();
    let mut command = place.command(&all);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with("http") {
            browse(&line);
        }
        told.push_str(&line);
        told.push('\n');
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap()
}
