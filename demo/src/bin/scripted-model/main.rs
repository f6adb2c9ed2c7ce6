//! A model that says what a script says: an HTTP server on loopback that speaks Anthropic's Messages, OpenAI's
//! Responses and chat completions, so that an agent loop can be tested for real and without a key.
//!
//! `scripted-model SCRIPT.json [--port N] [--record FILE]`. One line of JSON on stdout tells `base_url`. A script
//! holds `turns`, or `direct` and `code`, of which the second is for requests that offer `run_code`. Each request
//! takes the next turn:
//!
//! | field | the turn |
//! |---|---|
//! | `text` | says this |
//! | `calls` | calls tools: `name`, and `arguments` (JSON) or `raw` (text as it is, also half of it) |
//! | | an argument that holds `{execution}` gets the last `ex_…` that the request holds |
//! | `refusal` | refuses with these words |
//! | `cut` | ends at the most that may be written |
//! | `usage` | `input`, `cached`, `output`; made up from sizes without it |
//! | `chunk` | bytes that are sent at once; 23 without it |
//! | `status`, `retry_after`, `message` | an HTTP error |
//! | `overflow` | the error for a prompt that is too long |
//! | `overloaded` | begins to answer, then says within the stream that it is overloaded |
//! | `drop` | begins to answer, then breaks the connection off |
//! | `hang` | begins to answer, then says nothing more |
//! | `expect` | texts that the request has to hold; an HTTP error says which one is missing |
//!
//! A request without `stream` is answered as one JSON object; `overloaded`, `drop`, `hang` and `chunk` are for streams.
//! It is strict where providers are: a call without a result, a result without a call, and arguments that are
//! not JSON are refused. Never here: anything of the product, and chance.

mod formats;
mod http;
mod script;
mod strict;
mod whole;

use script::Script;
use serde_json::json;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

struct Arguments {
    script: PathBuf,
    port: u16,
    record: Option<PathBuf>,
}

fn main() -> ExitCode {
    match arguments().and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(std::io::stderr(), "{problem}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let usage = "usage: scripted-model SCRIPT.json [--port N] [--record FILE]";
    let mut given = std::env::args().skip(1);
    let mut arguments = Arguments { script: given.next().ok_or(usage)?.into(), port: 0, record: None };
    while let Some(name) = given.next() {
        let value = given.next().ok_or(usage)?;
        match name.as_str() {
            "--port" => arguments.port = value.parse().map_err(|_| format!("{value:?} is not a port"))?,
            "--record" => arguments.record = Some(value.into()),
            _ => return Err(usage.into()),
        }
    }
    Ok(arguments)
}

fn serve(arguments: Arguments) -> Result<(), String> {
    let text = std::fs::read_to_string(&arguments.script)
        .map_err(|error| format!("{}: {error}", arguments.script.display()))?;
    let script = Script::parse(&text).map_err(|problem| format!("{}: {problem}", arguments.script.display()))?;
    let listener = TcpListener::bind(("127.0.0.1", arguments.port))
        .map_err(|error| format!("cannot listen on port {}: {error}", arguments.port))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let ready = json!({"base_url": format!("http://{address}/v1"), "pid": std::process::id()});
    writeln!(std::io::stdout(), "{ready}").map_err(|error| format!("stdout cannot be written: {error}"))?;
    let server = Arc::new(http::Server { script: Mutex::new(script), record: arguments.record });
    for stream in listener.incoming().flatten() {
        let server = server.clone();
        std::thread::spawn(move || http::answer(&server, stream));
    }
    Ok(())
}
