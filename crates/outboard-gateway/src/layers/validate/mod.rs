//! Checks arguments before anything is sent: their size, and a tool's against its input schema. For all
//! else that passes the door, the arguments must be those that the name promises.

mod absent;
mod explain;

use crate::{Answer, Kind, Layer, Next, Request};
pub(crate) use absent::without;
use jsonschema::{Draft, PatternOptions, Validator};
use outboard_catalog::Tool;
use outboard_types::{Digest, ErrorCode, ToolError, ToolId};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Compiled schemas kept at most; far above what one program uses, far below what memory minds.
const CACHED: usize = 4_096;

/// Steps that a `pattern` with look-around may take before it counts as not matching.
const BACKTRACK_LIMIT: usize = 100_000;

/// The layer. Schemas are compiled once, by the fingerprint of the definition they belong to.
pub(crate) struct Validate {
    largest: usize,
    compiled: Mutex<HashMap<Digest, Option<Arc<Validator>>>>,
}

impl Validate {
    /// Lets arguments of at most so many bytes pass.
    pub(crate) fn new(largest: usize) -> Self {
        Self { largest, compiled: Mutex::default() }
    }

    /// The compiled input schema of a tool; none if the server declares one that is no valid schema, in
    /// which case the server has to judge its arguments itself.
    fn validator(&self, tool: &Tool) -> Option<Arc<Validator>> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = compiled.get(&tool.fingerprint) {
            return found.clone();
        }
        if compiled.len() >= CACHED {
            compiled.clear();
        }
        let made = compile(&tool.input_schema).inspect_err(|error| {
            tracing::warn!(tool = %tool.id, %error, "input schema is not valid: arguments are not checked here");
        });
        let made = made.ok().map(Arc::new);
        compiled.insert(tool.fingerprint, made.clone());
        made
    }

    /// What is to be sent instead of the arguments as they came, if anything.
    fn check(&self, request: &Request) -> Result<Option<Arc<RawValue>>, ToolError> {
        let (id, text) = (&request.call.id, request.call.arguments.get());
        if text.len() > self.largest {
            return Err(too_large(id, text.len(), self.largest));
        }
        let arguments: Value = serde_json::from_str(text).map_err(|error| {
            ToolError::new(ErrorCode::InvalidArguments, format!("the arguments are not usable JSON: {error}")).on(id)
        })?;
        match request.kind() {
            Kind::Tool => self.check_tool(request, &arguments),
            kind if kind.agrees(id, &arguments) => Ok(None),
            _ => {
                let message = format!("the arguments of {id} are about something else than its name says");
                Err(ToolError::new(ErrorCode::InvalidArguments, message).on(id))
            }
        }
    }

    fn check_tool(&self, request: &Request, arguments: &Value) -> Result<Option<Arc<RawValue>>, ToolError> {
        let id = &request.call.id;
        let tool = request
            .tool()
            .ok_or_else(|| ToolError::new(ErrorCode::UnknownTool, format!("{id} is not in the catalogue")).on(id))?;
        if !arguments.is_object() {
            return Err(explain::not_an_object(tool, arguments));
        }
        match self.validator(tool) {
            Some(validator) if !validator.is_valid(arguments) => {
                let fitting = without_nulls(&validator, request, arguments);
                fitting.map(Some).ok_or_else(|| explain::refusal(tool, validator.iter_errors(arguments)))
            }
            _ => Ok(None),
        }
    }
}

/// The arguments without nulls that mean "not given", if they fit then; the record is told.
fn without_nulls(validator: &Validator, request: &Request, arguments: &Value) -> Option<Arc<RawValue>> {
    let places = absent::refused(validator, arguments);
    let text = if places.is_empty() { None } else { without(&request.call.arguments, &places) }?;
    let fits = serde_json::from_str(text.get()).is_ok_and(|left: Value| validator.is_valid(&left));
    fits.then(|| {
        request.notes.write(|noted| noted.left_out = places);
        text.into()
    })
}

fn too_large(id: &ToolId, size: usize, largest: usize) -> ToolError {
    ToolError::new(ErrorCode::InvalidArguments, format!("the arguments have {size} bytes; at most {largest} are sent"))
        .on(id)
        .hint("send less at once; gateway.max_arguments_bytes in outboard.toml sets the limit")
}

/// Draft-07 where the schema says so, 2020-12 otherwise (MCP 2025-11-25, "JSON Schema usage"); references
/// to other documents are never fetched.
fn compile(schema: &Value) -> Result<Validator, String> {
    let draft = match schema.get("$schema").and_then(Value::as_str) {
        Some(uri) if uri.contains("draft-07") => Draft::Draft7,
        Some(uri) if uri.contains("draft-06") => Draft::Draft6,
        Some(uri) if uri.contains("draft-04") => Draft::Draft4,
        Some(uri) if uri.contains("2019-09") => Draft::Draft201909,
        _ => Draft::Draft202012,
    };
    jsonschema::options()
        .with_draft(draft)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
        .build(schema)
        .map_err(|error| error.to_string())
}

impl Layer for Validate {
    fn name(&self) -> &'static str {
        "validate"
    }

    fn call<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answer<'a> {
        match self.check(&request) {
            Ok(instead) => {
                request.call.arguments = instead.unwrap_or(request.call.arguments);
                next.run(request)
            }
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }
}
