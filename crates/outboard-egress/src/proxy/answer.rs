//! Answers that are the proxy's own.

use crate::refusal::Refusal;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a refused client is listened to, so that it reads the answer before the connection is reset.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: u64 = 256 << 10;

/// Says no and closes. The reason stands in the status line too, because clients of `CONNECT` show only that.
pub(super) async fn refuse(mut client: TcpStream, refusal: &Refusal) {
    let text = printable(&refusal.text);
    let (status, length) = (refusal.status(), text.len() + 1);
    let answer = format!(
        "HTTP/1.1 {status} {text}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}\n"
    );
    let work = async {
        client.write_all(answer.as_bytes()).await?;
        client.shutdown().await?;
        tokio::io::copy(&mut (&mut client).take(LINGER_BYTES), &mut tokio::io::sink()).await
    };
    let _ = timeout(LINGER, work).await;
}

/// One line of visible ASCII: the text may hold what the program wrote.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|one| if one == ' ' || one.is_ascii_graphic() { one } else { '?' }).take(500).collect()
}
