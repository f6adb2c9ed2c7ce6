//! Prints what a decision costs with 100 rules.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for measuring")]

use outboard_catalog::Hints;
use outboard_policy::{Action, Condition, Origin, Policy, Profile, Range, Rule, Subject, Test};
use outboard_types::{Principal, SessionName, ToolId};
use serde_json::value::RawValue;
use std::time::Instant;

fn main() {
    let rule = |at: usize| {
        let action = [Action::Ask, Action::Deny, Action::Allow][at % 3];
        let range = Range { above: Some(1e6), ..Range::default() };
        let when = vec![Condition { pointer: "/amount".into(), test: Test::Number(range) }];
        let when = if at.is_multiple_of(10) { when } else { Vec::new() };
        let tools =
            if at.is_multiple_of(10) { vec![] } else { vec![format!("server{at}.*_record"), format!("*.purge{at}_*")] };
        Rule { tools, when, ..Rule::new(action) }
    };
    let policy = Policy::new(Profile::Balanced, (0..100).map(rule).collect(), Vec::new()).unwrap();
    let text =
        r#"{"amount": 12.5, "email": "someone@corp.example", "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}"#;
    let arguments = RawValue::from_string(text.into()).unwrap();
    let (tool, principal) = (ToolId::new("crm", "update_record").unwrap(), Principal::default());
    let (hints, session) = (Hints::default(), SessionName::default());
    let subject = Subject {
        tool: &tool,
        hints: &hints,
        arguments: Some(&arguments),
        principal: &principal,
        session: &session,
        origin: Origin::Program,
    };
    let mut times: Vec<u128> = (0..20_000)
        .map(|_| {
            let started = Instant::now();
            std::hint::black_box(policy.decide(std::hint::black_box(&subject)));
            started.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    println!("decide, 100 rules: min {} ns, median {} ns, p99 {} ns", times[0], times[10_000], times[19_800]);
}
