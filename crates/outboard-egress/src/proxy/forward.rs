//! A plain request, sent on: framed anew in both directions, with the headers of the connection left out.

use super::head::Head;
use super::{answer, refuse};
use crate::connect::{Connection, connect};
use crate::hop::OF_CONNECTION;
use crate::outlet::Inner;
use crate::record::Entry;
use crate::refusal::{Kind, Refusal};
use crate::target::Target;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

const BUFFER: usize = 64 << 10;

type Body = BoxBody<Bytes, hyper::Error>;

/// What the one request of the connection takes, once.
struct Once {
    sender: SendRequest<Incoming>,
    target: Target,
}

/// Connects, sends the request on and its answer back.
pub(super) async fn serve(outlet: &Arc<Inner>, client: TcpStream, head: Head, target: &Target, entry: &mut Entry) {
    let Connection { stream, meter } = match connect(outlet, target, entry).await {
        Ok(connection) => connection,
        Err(refusal) => return refuse(client, entry, &refusal).await,
    };
    let shaken = hyper::client::conn::http1::Builder::new().max_buf_size(BUFFER).handshake(TokioIo::new(stream)).await;
    let (sender, connection) = match shaken {
        Ok(shaken) => shaken,
        Err(error) => return refuse(client, entry, &Refusal::lost(&error)).await,
    };
    let drive = async {
        // After the server has hung up, what it had sent is still passed on.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    let idle = outlet.egress.limits.idle_time;
    let outcome = Arc::new(Mutex::new(None));
    let done = tokio::select! {
        done = converse(client, head, Once { sender, target: target.clone() }, outcome.clone()) => done,
        () = drive => Ok(()),
        () = meter.idle(idle) => Err(Refusal::new(Kind::TimedOut, format!("nothing moved for {} s", idle.as_secs()))),
    };
    match outcome.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(Ok(status)) => entry.status(status),
        Some(Err(refusal)) => entry.refused(&refusal),
        None => {}
    }
    if let Err(refusal) = done {
        entry.refused(&refusal);
    }
}

type Outcome = Arc<Mutex<Option<Result<u16, Refusal>>>>;

/// Reads the request's body and writes the answer, for exactly one request.
async fn converse(client: TcpStream, head: Head, once: Once, outcome: Outcome) -> Result<(), Refusal> {
    let (reader, writer) = client.into_split();
    let client = tokio::io::join(Cursor::new(head.bytes).chain(reader), writer);
    let once = Mutex::new(Some(once));
    let service = service_fn(|request: Request<Incoming>| {
        let once = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        let outcome = outcome.clone();
        async move { Ok::<_, Infallible>(respond(once, request, &outcome).await) }
    });
    let mut server = hyper::server::conn::http1::Builder::new();
    server.keep_alive(false).half_close(true).auto_date_header(false).max_buf_size(BUFFER);
    server.serve_connection(TokioIo::new(client), service).await.map_err(|error| Refusal::lost(&error))
}

async fn respond(once: Option<Once>, request: Request<Incoming>, outcome: &Outcome) -> Response<Body> {
    let done = match once {
        Some(once) => send(once, request).await,
        None => Err(Refusal::malformed("one request per connection")),
    };
    let (noted, response) = match done {
        Ok(response) => (Ok(response.status().as_u16()), response),
        Err(refusal) => {
            let response = own(&refusal);
            (Err(refusal), response)
        }
    };
    *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(noted);
    response
}

async fn send(mut once: Once, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
    let (mut parts, body) = request.into_parts();
    // Host and path are what was decided about, whatever else the request said.
    parts.uri = once.target.path().parse().map_err(|_| Refusal::malformed("the path cannot be sent"))?;
    strip(&mut parts.headers);
    let host =
        HeaderValue::try_from(once.target.authority()).map_err(|_| Refusal::malformed("the host cannot be sent"))?;
    parts.headers.insert(header::HOST, host);
    parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let sent = once.sender.send_request(Request::from_parts(parts, body)).await;
    let mut response = sent.map_err(|error| Refusal::lost(&error))?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Refusal::new(Kind::Lost, "the server wants to speak another protocol"));
    }
    strip(response.headers_mut());
    Ok(response.map(BodyExt::boxed))
}

/// Takes out what concerns one connection, and what `Connection` says does.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<String> =
        headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    for name in named.iter().flat_map(|list| list.split(',')).map(str::trim) {
        // Leaving these out would change what the request says.
        if !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host") {
            headers.remove(name);
        }
    }
    for name in OF_CONNECTION {
        headers.remove(name);
    }
}

fn own(refusal: &Refusal) -> Response<Body> {
    let text = answer::printable(&refusal.text);
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}
