//! Expectations and dry runs.

use crate::fixture::{hints, policy};
use outboard_policy::{Action, Origin, PastCall, check, expectations, replay};
use outboard_types::{Principal, SessionName, ToolId};
use serde_json::value::RawValue;

const RULES: &str = "[[rules]]\ntools = [\"pay.*\"]\nwhen = [{ at = \"/amount\", above = 100 }]\naction = \"ask\"";

#[test]
fn expectations_hold_or_say_why_not() {
    let text = "[[expect]]\ntool = \"pay.send\"\narguments = { amount = 101 }\naction = \"ask\"\nrule = \"rules[0]\"\n\n\
                [[expect]]\ntool = \"pay.send\"\narguments = { amount = 100 }\naction = \"ask\"\n\n\
                [[expect]]\ntool = \"gone.tool\"\naction = \"allow\"\n\n\
                [[expect]]\ntool = \"gone.tool\"\nannotations = { destructive = true }\naction = \"ask\"\n";
    let lookup = |id: &ToolId| (id.server.as_str() == "pay").then(|| hints(""));
    let checked = check(&policy(RULES), lookup, &expectations(text).unwrap());
    let failures: Vec<bool> = checked.iter().map(|checked| checked.failure.is_some()).collect();
    assert_eq!(failures, [false, true, true, false]);
    let shown = checked[1].to_string();
    assert!(shown.starts_with("line 7: pay.send: expected ask, but:\n"), "{shown}");
    assert!(shown.contains("policy.rules[0] ask: no: when[0]"), "{shown}");
    assert!(checked[2].to_string().contains("no connected server has this tool"));
}

#[test]
fn a_file_with_mistakes_is_refused() {
    for text in ["[[expect]]\ntool = \"nodot\"\naction = \"ask\"", "[[expect]]\ntool = \"a.b\"", "[[expects]]\nx = 1"] {
        assert!(expectations(text).is_err(), "{text}");
    }
}

#[test]
fn a_dry_run_tells_what_would_change() {
    let call = |label: &str, arguments: Option<&str>, recorded| PastCall {
        label: label.into(),
        tool: ToolId::new("pay", "send").unwrap(),
        hints: hints(""),
        arguments: arguments.map(|text| RawValue::from_string(text.into()).unwrap()),
        principal: Principal::default(),
        session: SessionName::default(),
        origin: Origin::Program,
        recorded,
    };
    let calls = || {
        [
            call("small", Some("{\"amount\": 1}"), Some(Action::Allow)),
            call("large", Some("{\"amount\": 999}"), Some(Action::Allow)),
            call("unknown", None, Some(Action::Allow)),
        ]
        .into_iter()
    };
    let changes = replay(None, &policy(RULES), calls());
    let shown: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(shown[0], "large: pay.send: allow -> ask, by policy.rules[0]");
    assert!(shown[1].ends_with("(its arguments were not kept)") && shown.len() == 2, "{shown:?}");
    assert!(replay(Some(&policy(RULES)), &policy(RULES), calls()).is_empty());
}
