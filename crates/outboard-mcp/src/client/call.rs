//! One `tools/call`, and reading its answer without parsing what it carries.

use super::agents::Unanswered;
use super::rounds::{Asked, Stopped, converse};
use super::session::Session;
use super::supervisor::Upstream;
use super::{listing, tasks};
use crate::mirrored;
use crate::rpc::{RequestError, RpcError};
use outboard_gateway::{CallClock, Kind};
use outboard_types::{Call, ErrorCode, Outcome, ToolError, ToolResult};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters of a tool's own error text that are passed on.
const ERROR_TEXT: usize = 2000;
/// What modern servers repeat in the `_meta` of every result, icons included; the catalogue has it.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// The entry in `_meta` by which a server can know a call that it has done already, as JSON text.
const KEY: &str = r#""io.outboard/idempotency-key""#;

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow, rename = "structuredContent")]
    structured: Option<&'a RawValue>,
    #[serde(borrow, rename = "isError")]
    is_error: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, rename = "resultType")]
    result_type: Option<Cow<'a, str>>,
}

/// Carries out a call; ends early when the caller gives up, and then tells the server.
pub(super) async fn call(upstream: &Arc<Upstream>, call: &Call, clock: &CallClock) -> Outcome {
    let kind = Kind::of(&call.id);
    if kind == Kind::Tool && !upstream.spec.shows(call.id.tool.as_str()) {
        return Err(hidden(upstream));
    }
    tokio::select! {
        biased;
        () = call.context.cancel.cancelled() => {
            Err(ToolError::new(ErrorCode::Cancelled, "the caller gave up; the server was told to cancel"))
        }
        outcome = send(upstream, call, clock, kind) => outcome,
    }
}

async fn send(upstream: &Arc<Upstream>, call: &Call, clock: &CallClock, kind: Kind) -> Outcome {
    if kind.is_asked_back() {
        let nobody = || ToolError::new(ErrorCode::UpstreamProtocol, "nobody can be asked here");
        let _held = clock.hold();
        return upstream.ear.under_way.agents().ok_or_else(nobody)?.deliver(call).await;
    }
    let session = upstream.session().await?;
    call.trace.wire.set(session.wire());
    let key = call.idempotency_key.as_deref().map(|key| format!("{KEY}:{}", Value::from(key)));
    let entries: Vec<_> = key.into_iter().chain(trace(call)).collect();
    let entries = (!entries.is_empty()).then(|| entries.join(","));
    let (method, mut fields, name) = subject(call, kind);
    let mut headers = Vec::new();
    if let Some(definition) = definition(upstream, call, kind) {
        if session.mirrors_arguments() {
            headers = mirrored::headers(&definition, &call.arguments);
        }
        let wanted = upstream.ear.under_way.agents().is_some_and(|agents| agents.wants_task(call));
        fields.push_str(tasks::wish(&session, &definition, wanted));
    }
    let asked = Asked { method, fields: &fields, name: name.as_deref(), entry: entries.as_deref(), headers };
    let entered = upstream.ear.under_way.enter(call, clock);
    match converse(&session, &entered.active, &asked).await {
        Ok(result) => {
            upstream.worked();
            if kind == Kind::Tool { read(result.get()) } else { Ok(whole(result)) }
        }
        Err(Stopped::Request(RequestError::Refused(error))) if error.code == RpcError::MISSING_CAPABILITY => {
            upstream.worked();
            Err(lacking(upstream, call, &error))
        }
        Err(Stopped::Request(error)) => {
            if let RequestError::Refused(refused) = &error {
                call.trace.wire.add(|wire| wire.status = Some(refused.code));
            }
            Err(failed(upstream, &session, error).await)
        }
        Err(Stopped::Unanswered(why)) => {
            upstream.worked();
            Err(unanswered(&why))
        }
    }
}

/// The trace that the call is part of, as entries of `_meta` (SEP-414).
fn trace(call: &Call) -> impl Iterator<Item = String> {
    let parent = call.trace.parent.map(|parent| format!(r#""traceparent":"{parent}""#));
    let state = call.trace.state.as_deref().filter(|_| parent.is_some());
    let state = state.map(|state| format!(r#""tracestate":{}"#, Value::from(state)));
    parent.into_iter().chain(state)
}

/// The method, the inside of its parameters, and what it is about.
fn subject(call: &Call, kind: Kind) -> (&'static str, String, Option<String>) {
    let tool = call.id.tool.as_str();
    // The names of other kinds were made from their arguments, and the door has compared the two.
    let inner = || {
        let text = call.arguments.get().trim();
        text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned()
    };
    let rest = || tool.split_once(':').map(|(_, rest)| rest.to_owned());
    match kind {
        Kind::Resource => ("resources/read", inner(), rest()),
        Kind::Prompt => ("prompts/get", inner(), rest()),
        Kind::Completion => ("completion/complete", inner(), None),
        _ => {
            let fields = format!(r#""name":{},"arguments":{}"#, Value::from(tool), call.arguments.get());
            ("tools/call", fields, Some(tool.to_owned()))
        }
    }
}

/// What the server says of a tool, where that says more than what the tool takes and gives.
fn definition(upstream: &Upstream, call: &Call, kind: Kind) -> Option<Box<RawValue>> {
    if kind != Kind::Tool {
        return None;
    }
    let memory = upstream.inner().memory.clone()?;
    let found = memory.tools.iter().find(|tool| listing::name_of(tool) == call.id.tool.as_str())?;
    let matters = ["x-mcp-header", "taskSupport"].iter().any(|word| found.get().contains(word));
    matters.then(|| found.to_owned())
}

/// The whole answer as one value, for what is no tool.
fn whole(result: Box<RawValue>) -> ToolResult {
    ToolResult { structured: Some(result), ..ToolResult::default() }
}

fn lacking(upstream: &Upstream, call: &Call, error: &RpcError) -> ToolError {
    let data: Option<Value> = error.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok());
    let required = data.and_then(|mut data| data.get_mut("requiredCapabilities").map(Value::take));
    if let (Some(agents), Some(required)) = (upstream.ear.under_way.agents(), required) {
        agents.lacks(call, required);
    }
    ToolError::new(
        ErrorCode::UpstreamProtocol,
        format!("the server wants to ask what cannot be asked: {}", cut(&error.message)),
    )
    .hint("The client in front of Outboard has to declare what the server asks for.")
}

fn unanswered(why: &Unanswered) -> ToolError {
    let error = match why {
        Unanswered::Missing(what) => {
            format!("the tool asks for input, and the client in front of Outboard did not declare {what}")
        }
        Unanswered::Refused(reason) => format!("the tool asks for input, which it did not get: {}", cut(reason)),
    };
    ToolError::new(ErrorCode::UpstreamProtocol, error)
        .hint("Give everything it needs in the arguments, where it takes that.")
}

fn hidden(upstream: &Upstream) -> ToolError {
    let name = &upstream.spec.name;
    ToolError::new(ErrorCode::Denied, "the tool is hidden by the settings; nothing was sent")
        .hint(format!("See `allow` and `deny` under [servers.{name}]."))
}

async fn failed(upstream: &Upstream, session: &Arc<Session>, error: RequestError) -> ToolError {
    match error {
        RequestError::Refused(error) => {
            upstream.worked();
            refused(&error)
        }
        RequestError::BadAnswer(reason) => ToolError::new(ErrorCode::UpstreamProtocol, cut(&reason)),
        RequestError::NotSent(reason) if session.is_alive() => {
            upstream.inner().last_error = Some(cut(&reason));
            upstream.unavailable(&cut(&reason))
        }
        RequestError::NotSent(_) => upstream.unavailable(&upstream.died(session).await),
        RequestError::Lost(reason) => {
            let reason = if session.is_alive() { reason } else { upstream.died(session).await };
            let message = format!("the server went away during the call: {}", cut(&reason));
            ToolError::new(ErrorCode::UpstreamLost, message)
                .hint("Whether the call took effect is unknown: look before repeating it.")
        }
    }
}

fn refused(error: &RpcError) -> ToolError {
    let message = cut(&error.message);
    match error.code {
        RpcError::INVALID_PARAMS | RpcError::NO_RESOURCE => ToolError::new(ErrorCode::InvalidArguments, message)
            .hint("The server refused the arguments: compare them with the tool's parameters."),
        code => ToolError::new(ErrorCode::UpstreamProtocol, format!("the server refused the call: {message} ({code})")),
    }
}

/// Reads the answer's outermost layer.
fn read(text: &str) -> Outcome {
    let answer: Answer<'_> = serde_json::from_str(text).map_err(|error| {
        ToolError::new(ErrorCode::UpstreamProtocol, format!("the server's answer is not a tool result: {error}"))
    })?;
    match answer.result_type.as_deref() {
        None | Some("complete") => {}
        Some(other) => {
            let message = format!("the server answered with a result of the unknown type {:?}", cut(other));
            return Err(ToolError::new(ErrorCode::UpstreamProtocol, message));
        }
    }
    if answer.is_error.is_some_and(|is_error| is_error.get() == "true") {
        return Err(ToolError::new(ErrorCode::ToolFailed, error_text(&answer)));
    }
    Ok(ToolResult {
        content: answer.content.map(ToOwned::to_owned),
        structured: answer.structured.map(ToOwned::to_owned),
        meta: answer.meta.and_then(slim),
    })
}

fn error_text(answer: &Answer<'_>) -> String {
    #[derive(Deserialize)]
    struct Block<'a> {
        #[serde(borrow)]
        text: Option<Cow<'a, str>>,
    }
    let blocks: Vec<Block<'_>> =
        answer.content.and_then(|content| serde_json::from_str(content.get()).ok()).unwrap_or_default();
    let texts: Vec<Cow<'_, str>> = blocks.into_iter().filter_map(|block| block.text).collect();
    match (texts.join("\n").trim(), answer.structured) {
        ("", Some(structured)) => cut(structured.get()),
        ("", None) => "the tool failed and said nothing about it".into(),
        (text, _) => cut(text),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(ERROR_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn slim(meta: &RawValue) -> Option<Box<RawValue>> {
    if !meta.get().contains("serverInfo") {
        return Some(meta.to_owned());
    }
    let mut fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(meta.get()).ok()?;
    fields.remove(SERVER_INFO);
    (!fields.is_empty()).then(|| serde_json::value::to_raw_value(&fields).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_pass_as_they_came() {
        let result = read(r#"{"structuredContent":{"b": 1.0 },"content":[{"type":"x"}],"_meta":{"k":1,"io.modelcontextprotocol/serverInfo":{"icons":[]}},"resultType":"complete"}"#).unwrap();
        assert_eq!(result.structured.unwrap().get(), r#"{"b": 1.0 }"#);
        assert_eq!(result.content.unwrap().get(), r#"[{"type":"x"}]"#);
        assert_eq!(result.meta.unwrap().get(), r#"{"k":1}"#);
    }

    #[test]
    fn failures_carry_the_tools_words() {
        let error = |text: &str| read(text).unwrap_err();
        let failed = error(r#"{"isError":true,"content":[{"type":"text","text":"no such row"},{"type":"image"}]}"#);
        assert_eq!((failed.code, failed.message.as_str()), (ErrorCode::ToolFailed, "no such row"));
        assert_eq!(error(r#"{"resultType":"strange"}"#).code, ErrorCode::UpstreamProtocol);
        assert_eq!(error("[]").code, ErrorCode::UpstreamProtocol);
        let long = format!(r#"{{"isError":true,"content":[{{"text":"{}"}}]}}"#, "é".repeat(5000));
        assert_eq!(error(&long).message.chars().count(), ERROR_TEXT + 1);
    }
}
