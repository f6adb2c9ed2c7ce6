//! As much of HTTP as this needs: one request a connection.

use crate::formats::{self, Said};
use crate::script::{Script, calls};
use crate::strict::{self, Format};
use crate::whole;
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What connections share.
pub(crate) struct Server {
    pub(crate) script: Mutex<Script>,
    pub(crate) record: Option<PathBuf>,
}

/// Turns so far, so that ids differ.
static TURNS: AtomicUsize = AtomicUsize::new(0);

/// The largest request.
const LARGEST: usize = 64 << 20;

/// Answers one connection; one that breaks off is nobody's loss.
pub(crate) fn answer(server: &Server, stream: TcpStream) {
    let mut reader = BufReader::new(&stream);
    let Ok((path, body)) = request(&mut reader) else { return };
    let mut writer = &stream;
    let _ = match Format::of(&path) {
        Some(format) => turn(server, format, &body, &mut writer),
        None => reply(&mut writer, 404, "", &json!({"error": {"message": format!("there is no {path}")}})),
    };
}

fn request(reader: &mut impl BufRead) -> io::Result<(String, String)> {
    let mut line = String::new();
    reader.take(8_192).read_line(&mut line)?;
    let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.take(8_192).read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; usize::min(length, LARGEST)];
    reader.read_exact(&mut body)?;
    Ok((path, String::from_utf8_lossy(&body).into_owned()))
}

fn turn(server: &Server, format: Format, text: &str, writer: &mut impl Write) -> io::Result<()> {
    record(server, text);
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(why) = strict::refused(format, &body) {
        return reply(writer, 400, "", &formats::error(format, "invalid_request_error", &why));
    }
    let turn = server.script.lock().unwrap_or_else(PoisonError::into_inner).next(text);
    let missing = turn["expect"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = missing.into_iter().find(|expected| !text.contains(*expected)) {
        let why = format!("the script expects the request to hold {missing:?}");
        return reply(writer, 400, "", &formats::error(format, "invalid_request_error", &why));
    }
    if turn["overflow"] == true {
        let why = "prompt is too long: it exceeds the context length";
        return reply(writer, 400, "", &formats::error(format, "context_length_exceeded", why));
    }
    if let Some(status) = turn["status"].as_u64() {
        let after = turn["retry_after"].as_f64().map(|after| format!("retry-after: {after}\r\n")).unwrap_or_default();
        let message = turn["message"].as_str().unwrap_or("an error on purpose");
        return reply(writer, status, &after, &formats::error(format, "scripted", message));
    }
    if body["stream"] != true {
        let number = TURNS.fetch_add(1, Ordering::Relaxed);
        let said = Said { turn: &turn, calls: calls(&turn, number, text), read: text.len() };
        let model = body["model"].as_str().unwrap_or_default();
        return reply(writer, 200, "", &whole::answer(format, &said, model));
    }
    say(format, &turn, text, writer)
}

fn say(format: Format, turn: &Value, request: &str, writer: &mut impl Write) -> io::Result<()> {
    let number = TURNS.fetch_add(1, Ordering::Relaxed);
    let said = Said { turn, calls: calls(turn, number, request), read: request.len() };
    let text = formats::events(format, &said);
    write!(writer, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    let chunk = turn["chunk"].as_u64().unwrap_or(23).max(1) as usize;
    let half = &text.as_bytes()[..text.len() / 2];
    if turn["overloaded"] == true {
        // A whole event after the first, so that the answer had begun.
        let begun = text.find("\n\n").map_or("", |end| &text[..end + 2]);
        return write_chunks(writer, format!("{begun}{}", formats::overloaded(format)).as_bytes(), chunk);
    }
    if turn["drop"] == true {
        return write_chunks(writer, half, chunk);
    }
    if turn["hang"] == true {
        write_chunks(writer, half, chunk)?;
        std::thread::sleep(Duration::from_secs(600));
        return Ok(());
    }
    write_chunks(writer, text.as_bytes(), chunk)
}

fn write_chunks(writer: &mut impl Write, bytes: &[u8], chunk: usize) -> io::Result<()> {
    for piece in bytes.chunks(chunk) {
        writer.write_all(piece)?;
        writer.flush()?;
    }
    Ok(())
}

fn reply(writer: &mut impl Write, status: u64, headers: &str, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    write!(
        writer,
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Keeps the request for whoever looks at what the model was shown.
fn record(server: &Server, body: &str) {
    let Some(path) = &server.record else { return };
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    if let Ok(mut file) = opened {
        let line = body.replace('\n', " ");
        let _ = writeln!(file, "{line}");
    }
}
