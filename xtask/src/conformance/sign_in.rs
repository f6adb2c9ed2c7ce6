//! A person with a browser, for scenarios of the suite in which somebody signs in.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The document that the suite takes for the client's.
const DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

/// How often the person is willing to sign in.
const WILLING: usize = 3;

/// The scenarios in which Outboard signs in by itself.
const WITHOUT_PERSON: [&str; 4] = [
    "auth/client-credentials-basic",
    "auth/client-credentials-jwt",
    "auth/wif-jwt-bearer",
    "auth/enterprise-managed-authorization",
];

fn scenario() -> String {
    std::env::var("MCP_CONFORMANCE_SCENARIO").unwrap_or_default()
}

/// What the suite says about the client, as settings of the server.
pub(super) fn settings(context: &Value, url: &str, place: &Path) -> Result<String> {
    let mut text = format!("[servers.suite.oauth]\nclient_metadata = {DOCUMENT:?}\n");
    for key in ["client_id", "client_secret", "issuer"] {
        if let Some(value) = context[key].as_str() {
            let _ = writeln!(text, "{key} = {value:?}");
        }
    }
    if let Some(key) = context["private_key_pem"].as_str() {
        std::fs::write(place.join("key.pem"), key)?;
        let _ = writeln!(text, "client_key = \"key.pem\"");
    }
    for (key, name) in [("exchange_issuer", "idp_issuer"), ("exchange_client_id", "idp_client_id")] {
        if let Some(value) = context[name].as_str() {
            let _ = writeln!(text, "{key} = {value:?}");
        }
    }
    if is_without_person() {
        let token = context["valid_jwt"].as_str().or(context["idp_id_token"].as_str());
        let grant = if token.is_some() { "jwt_bearer" } else { "client_credentials" };
        if let Some(token) = token {
            std::fs::write(place.join("token.jwt"), token)?;
            text.push_str("assertion_file = \"token.jwt\"\n");
        }
        let _ = writeln!(text, "grant = {grant:?}\nissuer = {:?}", issuer(url)?);
    }
    Ok(text)
}

fn is_without_person() -> bool {
    WITHOUT_PERSON.contains(&scenario().as_str())
}

/// Whom an operator would have been told to trust; the suite does not say it.
fn issuer(url: &str) -> Result<String> {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).context("no http")?;
    let answer = get(host, &format!(".well-known/oauth-protected-resource/{path}"))?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
    let metadata: Value = serde_json::from_str(body)?;
    Ok(metadata["authorization_servers"][0].as_str().context("no issuer")?.to_owned())
}

fn get(host: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Somebody who signs in whenever that is asked for.
pub(super) struct Person {
    outboard: PathBuf,
    place: PathBuf,
    left: usize,
}

impl Person {
    pub(super) fn new(outboard: &str, place: &Path) -> Self {
        Self { outboard: outboard.into(), place: place.to_owned(), left: WILLING }
    }

    /// Whether the scenario is about signing in.
    pub(super) fn is_wanted(&self) -> bool {
        scenario().starts_with("auth/") && !is_without_person()
    }

    /// Whether Outboard says that somebody has to sign in.
    pub(super) fn is_needed(&self) -> Result<bool> {
        if !self.is_wanted() {
            return Ok(false);
        }
        let mut command = Command::new(&self.outboard);
        let listed = command.args(["list", "--json"]).current_dir(&self.place).env("HOME", &self.place).output()?;
        let rows: Value = serde_json::from_slice(&listed.stdout)?;
        Ok(matches!(rows[0]["sign_in"].as_str(), Some("needs_sign_in" | "expired")))
    }

    /// Signs in; false where the person has had enough of it.
    pub(super) fn sign_in(&mut self) -> Result<bool> {
        if self.left == 0 || !self.is_wanted() {
            return Ok(false);
        }
        self.left -= 1;
        let mut command = Command::new(&self.outboard);
        command.args(["login", "suite", "--no-browser"]).current_dir(&self.place).env("HOME", &self.place);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().context("outboard login")?;
        let mut told = String::new();
        let mut lines = BufReader::new(child.stderr.take().context("stderr")?).lines();
        for line in lines.by_ref() {
            let line = line?;
            if line.starts_with("http") {
                browse(&line)?;
            }
            told.push_str(&line);
            told.push('\n');
        }
        if !child.wait()?.success() {
            bail!("the sign-in failed:\n{told}");
        }
        Ok(true)
    }
}

/// Goes to an address, and where it leads.
fn browse(address: &str) -> Result<()> {
    let mut address = address.to_owned();
    for _ in 0..5 {
        let (host, path) = address.strip_prefix("http://").and_then(|rest| rest.split_once('/')).context("no http")?;
        // The suite and the listener are both on this machine.
        let answer = get(host, path)?;
        let header = |line: &str| {
            line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, to)| to.to_owned())
        };
        match answer.lines().take_while(|line| !line.is_empty()).find_map(header) {
            Some(next) => address = next,
            None => return Ok(()),
        }
    }
    bail!("the address leads in circles")
}
