//! `fetch`: one request for a program, its redirects included, its answer in memory.

mod exchange;
mod headers;

use crate::outlet::Inner;
use crate::policy::Policy;
use crate::record::{Entry, Way};
use crate::refusal::{Kind, Refusal};
use crate::room::Deadline;
use crate::target::Target;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exchange::{Answer, Message};
use hyper::body::Bytes;
use hyper::header;
use outboard_worker_protocol::{FetchRequest, FetchResponse};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Redirect {
    Follow,
    Error,
    Manual,
}

/// Makes the request within the execution's connections and the time of a fetch.
pub(crate) async fn fetch(outlet: &Inner, request: FetchRequest) -> Result<FetchResponse, Refusal> {
    let limit = outlet.egress.limits.fetch_time;
    let deadline = Deadline::after(limit);
    let work = async {
        let slot = outlet.slots.acquire().await;
        let _slot = slot.map_err(|_| Refusal::new(Kind::Limit, "the execution is over"))?;
        follow(outlet, request, &deadline).await
    };
    tokio::select! {
        done = work => done,
        () = deadline.over() => {
            Err(Refusal::new(Kind::TimedOut, format!("fetch had no whole answer within {} s", limit.as_secs())))
        }
    }
}

async fn follow(outlet: &Inner, request: FetchRequest, deadline: &Deadline) -> Result<FetchResponse, Refusal> {
    outlet.count()?;
    let (redirect, mut message, mut target) = match read(outlet, &request) {
        Ok(read) => read,
        Err(refusal) => {
            Entry::new(outlet.recorder.clone(), Way::Fetch, &request.method).refused(&refusal);
            return Err(refusal);
        }
    };
    let mut hops = 0;
    loop {
        let looks = redirect != Redirect::Manual;
        let answer = step(outlet, &target, &message, (looks, deadline)).await?;
        let Some(location) = &answer.location else { return Ok(response(&target, answer, hops > 0)) };
        if redirect == Redirect::Error {
            return Err(Refusal::malformed(format!(
                "{target} redirects, and the request asked for redirect: \"error\""
            )));
        }
        if hops == outlet.egress.limits.redirects {
            return Err(Refusal::new(Kind::Limit, format!("more than {hops} redirects; the last came from {target}")));
        }
        hops += 1;
        outlet.count()?;
        let next = target.join(location)?;
        message.redirect(answer.status, target.same_origin(&next));
        target = next;
    }
}

/// One request with a record of its own.
async fn step(outlet: &Inner, target: &Target, message: &Message, how: (bool, &Deadline)) -> Result<Answer, Refusal> {
    let mut entry = Entry::new(outlet.recorder.clone(), Way::Fetch, message.method.as_str());
    entry.target(target);
    let done = exchange::exchange(outlet, target, message, how, &mut entry).await;
    if let Err(refusal) = &done {
        entry.refused(refusal);
    }
    done
}

fn read(outlet: &Inner, request: &FetchRequest) -> Result<(Redirect, Message, Target), Refusal> {
    let redirect = match request.redirect.as_str() {
        "" | "follow" => Redirect::Follow,
        "error" => Redirect::Error,
        "manual" => Redirect::Manual,
        other => {
            let shown: String = other.chars().take(20).collect();
            return Err(Refusal::malformed(format!("redirect is \"follow\", \"error\" or \"manual\", not {shown:?}")));
        }
    };
    let limits = &outlet.egress.limits;
    let method = request.method.to_ascii_uppercase();
    Policy::method(&method)?;
    let headers = headers::of_program(&request.headers, limits)?;
    let body = request.body.as_ref().map(|text| STANDARD.decode(text)).transpose();
    let body = body.map_err(|error| Refusal::malformed(format!("the body is no base64: {error}")))?;
    if body.as_ref().is_some_and(|body| body.len() > limits.body_bytes) {
        return Err(Refusal::new(Kind::Limit, format!("the body is larger than {} MiB", limits.body_bytes >> 20)));
    }
    let method = method.parse().map_err(|_| Refusal::malformed("the method cannot be read"))?;
    let message = Message { method, headers, body: body.map(Bytes::from) };
    Ok((redirect, message, Target::parse(&request.url)?))
}

fn response(target: &Target, answer: Answer, redirected: bool) -> FetchResponse {
    let shown =
        answer.headers.iter().filter(|(name, _)| *name != header::TRANSFER_ENCODING && *name != header::CONNECTION);
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    FetchResponse {
        status: answer.status.as_u16(),
        status_text: answer.status.canonical_reason().unwrap_or_default().to_owned(),
        url: target.address(),
        redirected,
        headers: shown.map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: STANDARD.encode(&answer.body),
    }
}
