//! One request and its answer over one connection of its own.

use crate::connect::{Connection, connect};
use crate::meter::Meter;
use crate::outlet::Inner;
use crate::record::Entry;
use crate::refusal::{Kind, Refusal};
use crate::room::{Deadline, Room, SMALL};
use crate::target::{Scheme, Target};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;

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
    pub(super) body: Vec<u8>,
    /// The room that the body takes.
    _room: Option<OwnedSemaphorePermit>,
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
    (looks_at_redirects, deadline): (bool, &Deadline),
    entry: &mut Entry,
) -> Result<Answer, Refusal> {
    let request = message.request(target)?;
    let Connection { stream, meter } = connect(outlet, target, entry).await?;
    let most = outlet.egress.limits.body_bytes;
    let taking = Taking { most, looks_at_redirects, room: &outlet.room, meter: &meter, deadline };
    let work = async {
        if target.scheme == Scheme::Https {
            let secured = outlet.egress.tls.wrap(&target.host, stream).await?;
            talk(secured, request, taking, entry).await
        } else {
            talk(stream, request, taking, entry).await
        }
    };
    let idle = outlet.egress.limits.idle_time;
    tokio::select! {
        done = work => done.map_err(|refusal| if outlet.allowance.is_spent() { Refusal::new(Kind::Limit, outlet.allowance.text()) } else { refusal }),
        () = meter.idle(idle) => Err(Refusal::new(Kind::TimedOut, format!("{target} was silent for {} s", idle.as_secs()))),
    }
}

/// How an answer is taken.
#[derive(Clone, Copy)]
struct Taking<'a> {
    /// Bytes of the body.
    most: usize,
    looks_at_redirects: bool,
    room: &'a Room,
    meter: &'a Meter,
    deadline: &'a Deadline,
}

async fn talk<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    taking: Taking<'_>,
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
        taking.answer(response).await
    };
    tokio::select! {
        done = work => done,
        () = drive => Err(Refusal::new(Kind::Lost, "the connection ended")),
    }
}

impl Taking<'_> {
    async fn answer(self, response: Response<Incoming>) -> Result<Answer, Refusal> {
        let (parts, body) = response.into_parts();
        let redirects = matches!(parts.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = parts.headers.get(header::LOCATION).filter(|_| self.looks_at_redirects && redirects);
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let (body, room) = if location.is_some() { (Vec::new(), None) } else { self.body(body).await? };
        Ok(Answer { status: parts.status, headers: parts.headers, body, _room: room, location })
    }

    async fn body(self, body: Incoming) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Refusal> {
        let mut body = Limited::new(body, self.most);
        let (mut taken, mut room) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| self.broken(&*error))?.into_data() else { continue };
            if room.is_none() && taken.len() + data.len() > SMALL {
                let rest = body.size_hint().exact().and_then(|rest| usize::try_from(rest).ok());
                let whole = rest.map_or(self.most, |rest| taken.len() + data.len() + rest);
                room = self.room.take(whole, self.meter, self.deadline).await;
                taken.reserve_exact(whole.min(self.most).saturating_sub(taken.len()));
            }
            taken.extend_from_slice(&data);
        }
        Ok((taken, room))
    }

    fn broken(self, error: &(dyn std::error::Error + Send + Sync + 'static)) -> Refusal {
        if !error.is::<LengthLimitError>() {
            return Refusal::lost(error);
        }
        let most = self.most >> 20;
        let text = format!("the answer is larger than {most} MiB; ask for less, or for a part with a Range header");
        Refusal::new(Kind::Limit, text)
    }
}
