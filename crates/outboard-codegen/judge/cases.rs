//! What checkers are asked: values of every tool, and what the schema says about each.

use super::rng::Rng;
use super::values::{Maker, Much, spoilt};
use super::{Side, relaxed};
use jsonschema::{Draft, Validator};
use outboard_catalog::{Catalogue, Server, Tool};
use serde_json::{Value, json};

/// One value of one tool.
pub(crate) struct Case<'a> {
    pub(crate) server: &'a Server,
    pub(crate) tool: &'a Tool,
    /// The tool's result, not its arguments.
    pub(crate) output: bool,
    pub(crate) value: Value,
    pub(crate) verdict: [Verdict; 2],
}

/// What a schema says about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is valid: checkers should take it.
    Valid,
    /// It breaks what types can say: checkers should refuse it.
    Invalid,
    /// It breaks only what types cannot say.
    Unsaid,
}

/// How many values each schema gives.
#[derive(Clone, Copy)]
pub(crate) struct Amount {
    pub(crate) made: usize,
    pub(crate) spoilt: usize,
}

/// All cases, and how many values were left out because they only differ in keys that their schema neither
/// declares nor refuses: the generated types refuse those on purpose.
pub(crate) fn of(catalogue: &Catalogue, amount: Amount) -> (Vec<Case<'_>>, usize) {
    let tools = catalogue.servers.iter().flat_map(|server| server.tools.iter().map(move |tool| (server, tool)));
    let all: Vec<Option<Case<'_>>> = tools.flat_map(|(server, tool)| of_tool(server, tool, amount)).collect();
    let count = all.len();
    let cases: Vec<Case<'_>> = all.into_iter().flatten().collect();
    let left_out = count - cases.len();
    (cases, left_out)
}

fn of_tool<'a>(server: &'a Server, tool: &'a Tool, amount: Amount) -> Vec<Option<Case<'a>>> {
    let mut cases = Vec::new();
    for (output, schema) in [(false, Some(&tool.input_schema)), (true, tool.output_schema.as_ref())] {
        let Some(oracle) = schema.and_then(Oracle::of) else { continue };
        let mut rng = Rng::of(&format!("{} {output}", tool.id));
        let case = |value: Value| {
            oracle.verdict(&value).map(|verdict| Case { server, tool, output, value: oracle.inner(value), verdict })
        };
        let mut made = Vec::new();
        for at in 0..amount.made {
            let much = [Much::All, Much::None, Much::Some][at.min(2)];
            let value = Maker { root: oracle.schema, rng: &mut rng, much, left: 120 }.value(oracle.schema, 0);
            // Arguments are an object, whatever their schema says.
            if !made.contains(&value) && (output || value.is_object()) {
                made.push(value);
            }
        }
        if made.is_empty() {
            continue;
        }
        let spoilt =
            (0..amount.spoilt).filter_map(|at| oracle.spoilt(&made[at % made.len()], &mut rng)).collect::<Vec<_>>();
        cases.extend(made.into_iter().chain(spoilt).map(case));
    }
    cases
}

struct Oracle<'a> {
    schema: &'a Value,
    whole: Validator,
    relaxed: [Validator; 2],
    closed: Validator,
    /// The value is the only property of a wrapper that programs do not see.
    wrapped: bool,
}

impl<'a> Oracle<'a> {
    fn of(schema: &'a Value) -> Option<Self> {
        let whole = validator(schema)?;
        let relaxed = Side::BOTH.map(|side| relaxed::schema(schema, side));
        let closed = validator(&relaxed::closed(&relaxed[1]))?;
        let relaxed = relaxed.map(|schema| validator(&schema));
        let [Some(typescript), Some(python)] = relaxed else { return None };
        let wrapped = schema.get("x-fastmcp-wrap-result") == Some(&json!(true));
        Some(Self { schema, whole, relaxed: [typescript, python], closed, wrapped })
    }

    /// None for what says nothing about types: keys that the schema neither declares nor refuses.
    fn verdict(&self, value: &Value) -> Option<[Verdict; 2]> {
        if self.wrapped && value.get("result").is_none() {
            return None;
        }
        let whole = self.whole.is_valid(value);
        if self.relaxed[1].is_valid(value) && !self.closed.is_valid(value) {
            return None;
        }
        let verdict = |relaxed: &Validator| match (whole, relaxed.is_valid(value)) {
            (true, true) => Verdict::Valid,
            // Only what the relaxed form adds on purpose can be refused by it alone.
            (_, false) => Verdict::Invalid,
            (false, true) => Verdict::Unsaid,
        };
        Some([verdict(&self.relaxed[0]), verdict(&self.relaxed[1])])
    }

    fn spoilt(&self, value: &Value, rng: &mut Rng) -> Option<Value> {
        let changed = match self.wrapped {
            true => json!({"result": spoilt(value.get("result")?, rng)?}),
            false => spoilt(value, rng)?,
        };
        changed.is_object().then_some(changed)
    }

    fn inner(&self, mut value: Value) -> Value {
        if self.wrapped { value.get_mut("result").map(Value::take).unwrap_or_default() } else { value }
    }
}

/// Nothing is fetched, whatever a schema refers to.
fn validator(schema: &Value) -> Option<Validator> {
    let old = schema.get("$schema").and_then(Value::as_str).is_some_and(|text| text.contains("draft-07"));
    let mut schema = schema.clone();
    if let Some(entries) = schema.as_object_mut() {
        entries.shift_remove("$schema");
    }
    jsonschema::options().with_draft(if old { Draft::Draft7 } else { Draft::Draft202012 }).build(&schema).ok()
}
