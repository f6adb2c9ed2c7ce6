//! The client against servers of bytes: whatever comes, it ends with an answer or an error.

use crate::support::Seen;
use outboard_agent::{Client, ClientOptions, Entry, Model, ModelError, Note, Prompt, Provider, Reply};
use outboard_types::{CancellationToken, Redacted};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers connections one after the other; the last answer is for all that follow.
struct Served {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

async fn serve(answers: Vec<String>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    tokio::spawn(async move {
        for at in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let request = request(&mut stream).await;
            seen.lock().unwrap().push(request);
            let answer = &answers[at.min(answers.len() - 1)];
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Served { address, requests }
}

async fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            body.len() >= length.unwrap_or(0)
        });
        if whole || read == 0 {
            return text;
        }
    }
}

fn stream(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{body}")
}

fn status(code: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {code} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn ask(served: &Served, provider: Provider, seen: &Seen) -> Result<Reply, ModelError> {
    let client = Client::new(ClientOptions {
        base_url: Some(served.address.clone()),
        key: Some(Redacted::new("secret-key-1".into())),
        attempts: 3,
        longest_pause: Duration::from_millis(20),
        patience: Duration::from_secs(20),
        ..ClientOptions::new(provider, "m")
    });
    let entries = [Entry::user("hello")];
    let prompt =
        Prompt { system: "s", definitions: &[], parallel: true, entries: &entries, max_output: 100, cache_key: "k" };
    client.unwrap().reply(prompt, seen, &CancellationToken::new()).await
}

const CHAT: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

#[tokio::test]
async fn overload_is_asked_again_and_told() {
    let busy = status(529, "retry-after: 0\r\n", "{\"error\":{\"message\":\"Overloaded\"}}");
    let served = serve(vec![busy, status(502, "", "bad gateway"), stream(CHAT)]).await;
    let seen = Seen::default();
    assert!(ask(&served, Provider::Chat, &seen).await.is_ok());
    let notes = seen.notes.lock().unwrap();
    assert_eq!(notes.iter().filter(|note| matches!(note, Note::Retry { .. })).count(), 2, "{notes:?}");
}

#[tokio::test]
async fn attempts_are_bounded() {
    let served = serve(vec![status(503, "", "no")]).await;
    let error = ask(&served, Provider::Openai, &Seen::default()).await.unwrap_err();
    assert!(matches!(error, ModelError::Busy { status: Some(503), .. }), "{error}");
    assert_eq!(served.requests.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn what_does_not_pass_is_not_asked_again() {
    let served = serve(vec![status(401, "", "{\"error\":{\"message\":\"bad key secret-key-1\"}}")]).await;
    let error = ask(&served, Provider::Anthropic, &Seen::default()).await.unwrap_err();
    assert!(matches!(error, ModelError::Key { .. }) && !error.to_string().contains("secret-key-1"), "{error}");
    let requests = served.requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].to_lowercase().contains("x-api-key: secret-key-1"), "{}", requests[0]);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = serve(vec![stream(CHAT)]).await;
    let served = serve(vec![status(307, &format!("location: {}\r\n", target.address), "")]).await;
    assert!(ask(&served, Provider::Chat, &Seen::default()).await.is_err());
    assert!(target.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"h\"}}]}\n\ndata: {\"choices\":[{\"del";
    let served = serve(vec![stream(half), stream(CHAT)]).await;
    let reply = ask(&served, Provider::Chat, &Seen::default()).await.unwrap();
    assert_eq!(reply.parts, [outboard_agent::Received::Text("hi".into())]);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = "{\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}";
    let served = serve(vec![status(200, "content-type: application/json\r\n", body)]).await;
    let reply = ask(&served, Provider::Chat, &Seen::default()).await.unwrap();
    assert_eq!(reply.parts, [outboard_agent::Received::Text("whole".into())]);
}

#[tokio::test]
async fn nonsense_is_an_error_and_not_an_answer() {
    for body in ["data: nonsense\n\n", "data: {\"choices\":3}\n\n", "", "\u{0}\u{1}", "data: [1,2]\n\ndata: [DONE]\n\n"]
    {
        for provider in [Provider::Anthropic, Provider::Openai, Provider::Chat] {
            let served = serve(vec![stream(body)]).await;
            assert!(ask(&served, provider, &Seen::default()).await.is_err(), "{provider}: {body:?}");
        }
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::new(ClientOptions { base_url: Some(address), ..ClientOptions::new(Provider::Chat, "m") });
    let (client, cancel, seen) = (client.unwrap(), CancellationToken::new(), Seen::default());
    let prompt = Prompt { system: "s", definitions: &[], parallel: true, entries: &[], max_output: 1, cache_key: "k" };
    let stopper = cancel.clone();
    tokio::spawn(async move {
        let _open = listener.accept().await;
        stopper.cancel();
        std::future::pending::<()>().await;
    });
    assert_eq!(client.reply(prompt, &seen, &cancel).await, Err(ModelError::Stopped));
}
