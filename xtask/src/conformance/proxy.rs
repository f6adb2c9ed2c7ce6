//! Lets the suite, which knows no tokens, talk to a server that wants one: adds the header, and gives its own
//! port the server's name. Everything else passes as it came.

use anyhow::Result;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

/// The token of the server under test.
pub(crate) const TOKEN: &str = "conformance";

/// Longest head of a request.
const HEAD: usize = 64 << 10;

/// Starts on a free port, for as long as the process lives.
pub(super) fn start(server: u16) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || drop(pass(client, port, server)));
        }
    });
    Ok(port)
}

/// One connection, one request: the server is asked to close after its answer.
fn pass(mut client: TcpStream, own: u16, port: u16) -> Result<()> {
    let mut head = Vec::new();
    let end = loop {
        let mut bytes = [0; 4096];
        let read = client.read(&mut bytes)?;
        head.extend_from_slice(&bytes[..read]);
        match head.windows(4).position(|four| four == b"\r\n\r\n") {
            Some(at) => break at,
            None if read == 0 || head.len() > HEAD => return Ok(()),
            None => {}
        }
    };
    let body = head.split_off(end);
    let text = String::from_utf8_lossy(&head).replace(&format!(":{own}"), &format!(":{port}"));
    let lines = text.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut lines: Vec<&str> = lines.collect();
    let token = format!("Authorization: Bearer {TOKEN}");
    lines.extend([token.as_str(), "Connection: close"]);
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.write_all(lines.join("\r\n").as_bytes())?;
    server.write_all(&body)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let copied = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    copied?;
    Ok(())
}
