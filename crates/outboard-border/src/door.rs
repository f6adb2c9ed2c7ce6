//! The border as the gateway sees it.

use crate::border::Border;
use crate::place::Place;
use outboard_gateway::{Flow, Privacy};
use outboard_types::{Call, ToolError, ToolResult};
use outboard_vault::Action;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

impl Privacy for Border {
    fn restore(&self, call: &Call) -> Result<Option<Arc<RawValue>>, ToolError> {
        let restored = self.restored(&Place::of(&call.context), &call.arguments);
        restored.map(|found| found.map(Arc::from)).map_err(|error| error.on(&call.id))
    }

    fn flow(&self, call: &Call) -> Flow {
        if self.flows.allow_all() {
            return Flow::Pass;
        }
        let unsearched = |why: String| Flow::Deny { rule: "privacy.flows".to_owned(), reason: why };
        let arguments: Value = serde_json::from_str(call.arguments.get()).unwrap_or_default();
        let checked = self.session(&Place::of(&call.context)).map_err(|error| error.to_string());
        let checked = checked
            .and_then(|session| session.flows(call.id.server.as_str(), &arguments).map_err(|error| error.to_string()));
        // What cannot be searched may hold anything.
        let decision = match checked {
            Ok(checked) => self.flows.decide(&checked),
            Err(why) => return unsearched(why),
        };
        let rule = match decision.because.as_ref().and_then(|(_, rule)| *rule) {
            Some(number) => format!("privacy.flows[{number}]"),
            None => "privacy.flows".to_owned(),
        };
        match decision.action {
            Action::Allow => Flow::Pass,
            Action::Ask => Flow::Ask { rule, reason: decision.to_string() },
            Action::Deny => Flow::Deny { rule, reason: decision.to_string() },
        }
    }

    fn note(&self, call: &Call, result: &ToolResult) {
        if self.flows.allow_all() {
            return;
        }
        let place = Place::of(&call.context);
        for part in [&result.structured, &result.content].into_iter().flatten() {
            self.observe(&place, &call.id, part);
        }
    }
}
