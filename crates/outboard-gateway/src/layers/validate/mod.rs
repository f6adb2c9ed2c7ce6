//! Checks arguments against the tool's input schema before anything is sent.

mod explain;

use crate::{Answer, Layer, Next, Request};
use jsonschema::{Draft, PatternOptions, Validator};
use outboard_catalog::Tool;
use outboard_types::{Digest, ErrorCode, ToolError};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Compiled schemas kept at most; far above what one program uses, far below what memory minds.
const CACHED: usize = 4_096;

/// Steps that a `pattern` with look-around may take before it counts as not matching.
const BACKTRACK_LIMIT: usize = 100_000;

/// The layer. Schemas are compiled once, by the fingerprint of the definition they belong to.
#[derive(Default)]
pub(crate) struct Validate {
    compiled: Mutex<HashMap<Digest, Option<Arc<Validator>>>>,
}

impl Validate {
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

    fn check(&self, request: &Request) -> Result<(), ToolError> {
        let id = &request.call.id;
        let tool = request
            .tool()
            .ok_or_else(|| ToolError::new(ErrorCode::UnknownTool, format!("{id} is not in the catalogue")).on(id))?;
        let arguments: Value = serde_json::from_str(request.call.arguments.get()).map_err(|error| {
            ToolError::new(ErrorCode::InvalidArguments, format!("the arguments are not usable JSON: {error}")).on(id)
        })?;
        if !arguments.is_object() {
            return Err(explain::not_an_object(tool, &arguments));
        }
        match self.validator(tool) {
            Some(validator) if !validator.is_valid(&arguments) => {
                Err(explain::refusal(tool, validator.iter_errors(&arguments)))
            }
            _ => Ok(()),
        }
    }
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

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        match self.check(&request) {
            Ok(()) => next.run(request),
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }
}
