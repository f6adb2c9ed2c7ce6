//! One request and its answer over one connection of its own.

use crate::connect::{Connection, connect};
use crate::outlet::Inner;
use crate::record::Entry;
use crate::refusal::{Kind, Refusal};
use crate::target::{Scheme, Target};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// Buffer of a connection; a response whose head does not fit is not read.
const BUFFER: usize = 64 << 10;

/// What a program sends.
pub(super) struct Message {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Where a redirect leads that is to be looked at; its body was not read.
    pub(super) location: Option<String>,
}

impl Message {
    /// What is sent to where a redirect leads: credentials stay with their origin.
    pub(super) fn redirect(&mut self, status: StatusCode, same_origin: bool) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
                self.headers.remove(name);
            }
        }
        if !same_origin {
            for name in [header::AUTHORIZATION, header::COOKIE, HeaderName::from_static("x-api-key")] {
                self.headers.remove(name);
            }
        }
    }

    fn request(&self, target: &Target) -> Result<Request<Full<Bytes>>, Refusal> {
        let body = self.body.clone().unwrap_or_default();
        let length = HeaderValue::from(body.len());
        let built = Request::builder().method(self.method.clone()).uri(target.path()).body(Full::new(body));
        let mut request = built.map_err(|error| Refusal::malformed(format!("the address cannot be sent: {error}")))?;
        *request.headers_mut() = self.headers.clone();
        let host =
            HeaderValue::try_from(target.authority()).map_err(|_| Refusal::malformed("the host cannot be sent"))?;
        request.headers_mut().insert(header::HOST, host);
        request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        if self.body.is_some() || [Method::POST, Method::PUT, Method::PATCH].contains(&self.method) {
            request.headers_mut().insert(header::CONTENT_LENGTH, length);
        }
        Ok(request)
    }
}

/// Sends a message and takes the answer, unless nothing moves for too long.
pub(super) async fn exchange(
    outlet: &Inner,
    target: &Target,
    message: &Message,
    looks_at_redirects: bool,
    entry: &mut Entry,
) -> Result<Answer, Refusal> {
    let request = message.request(target)?;
    let Connection { stream, meter } = connect(outlet, target, entry).await?;
    let most = outlet.egress.limits.body_bytes;
    let work = async {
        if target.scheme == Scheme::Https {
            let secured = outlet.egress.tls.wrap(&target.host, stream).await?;
            talk(secured, request, most, looks_at_redirects, entry).await
        } else {
            talk(stream, request, most, looks_at_redirects, entry).await
        }
    };
    let idle = outlet.egress.limits.idle_time;
    tokio::select! {
        done = work => done.map_err(|refusal| if outlet.allowance.is_spent() { Refusal::new(Kind::Limit, outlet.allowance.text()) } else { refusal }),
        () = meter.idle(idle) => Err(Refusal::new(Kind::TimedOut, format!("{target} was silent for {} s", idle.as_secs()))),
    }
}

async fn talk<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    most: usize,
    looks: bool,
    entry: &mut Entry,
) -> Result<Answer, Refusal>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let builder = hyper::client::conn::http1::Builder::new().max_buf_size(BUFFER).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = builder.map_err(|error| Refusal::lost(&error))?;
    let drive = async {
        // Its own errors reach the request too; after it has ended, what is buffered is still read.
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    let work = async {
        let response = sender.send_request(request).await.map_err(|error| Refusal::lost(&error))?;
        entry.status(response.status().as_u16());
        take(response, most, looks).await
    };
    tokio::select! {
        done = work => done,
        () = drive => Err(Refusal::new(Kind::Lost, "the connection ended")),
    }
}

async fn take(response: Response<Incoming>, most: usize, looks: bool) -> Result<Answer, Refusal> {
    let (parts, body) = response.into_parts();
    let redirects = matches!(parts.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = parts.headers.get(header::LOCATION).filter(|_| looks && redirects);
    let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let body = if location.is_some() { Bytes::new() } else { collect(body, most).await? };
    Ok(Answer { status: parts.status, headers: parts.headers, body, location })
}

async fn collect(body: Incoming, most: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let text = format!(
                "the answer is larger than {} MiB; ask for less, or for a part with a Range header",
                most >> 20
            );
            Err(Refusal::new(Kind::Limit, text))
        }
        Err(error) => Err(Refusal::lost(error.as_ref())),
    }
}
