//! What holds for any rules and any calls.

use crate::fixture::catalogue;
use outboard_catalog::Hints;
use outboard_policy::{
    Action, Annotations, Condition, Decision, Origin, Policy, Profile, Range, Rule, ServerAccess, Subject, Test,
};
use outboard_types::{Principal, ServerName, SessionName, ToolId};
use proptest::prelude::*;
use serde_json::value::RawValue;

const TOOLS: [(&str, &str); 3] = [("crm", "get"), ("crm", "delete_all"), ("logs", "get")];

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        any::<bool>().prop_map(Test::Present),
        (0..5_i32).prop_map(|at| Test::Number(Range { above: Some(at.into()), ..Range::default() })),
        Just(Test::Glob("a*".into())),
        Just(Test::Not(Box::new(Test::Regex("b".into())))),
        (0..3_u64).prop_map(|min| Test::Size { min: Some(min), max: None }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let patterns = prop::sample::select(vec!["crm.*", "*.get", "*.delete_*", "logs.x", "*"]);
    let pointer = prop::sample::select(vec!["/a", "/b/*", "/b/0", ""]);
    let when = (pointer, test()).prop_map(|(pointer, test)| Condition { pointer: pointer.into(), test });
    let action = prop::sample::select(vec![Action::Allow, Action::Ask, Action::Deny]);
    let flag = prop::option::weighted(0.2, any::<bool>());
    let who = prop::option::weighted(0.2, prop::sample::select(vec!["loc*", "ops"]));
    let session = prop::option::weighted(0.2, Just("default".to_owned()));
    (
        prop::collection::vec(patterns, 0..3),
        prop::collection::vec(when, 0..3),
        action,
        (flag.clone(), flag),
        who,
        session,
    )
        .prop_map(|(tools, when, action, (read_only, destructive), who, session)| Rule {
            tools: tools.into_iter().map(str::to_owned).collect(),
            annotations: Annotations { read_only, destructive, ..Annotations::default() },
            when,
            principal: who.map(str::to_owned),
            session,
            ..Rule::new(action)
        })
}

fn profile() -> impl Strategy<Value = Profile> {
    prop::sample::select(vec![Profile::Balanced, Profile::Strict, Profile::Open])
}

fn access() -> impl Strategy<Value = Vec<ServerAccess>> {
    let list = || prop::collection::vec(prop::sample::select(vec!["get", "delete_*", "*"]), 0..2);
    let lists = (list(), list()).prop_map(|(allow, deny)| ServerAccess {
        server: ServerName::new("crm").unwrap(),
        allow: allow.into_iter().map(str::to_owned).collect(),
        deny: deny.into_iter().map(str::to_owned).collect(),
    });
    prop::option::of(lists).prop_map(|lists| lists.into_iter().collect())
}

#[derive(Debug, Clone)]
struct AnyCall {
    tool: usize,
    hints: Hints,
    arguments: Option<&'static str>,
    origin: Origin,
    session: &'static str,
}

fn call() -> impl Strategy<Value = AnyCall> {
    let arguments = prop::sample::select(vec![
        None,
        Some("{}"),
        Some(r#"{"a": 3, "b": ["ab", 2, null]}"#),
        Some(r#"{"a": "abc", "b": []}"#),
        Some(r#"{"a": 1, "a": 9}"#),
        Some("null"),
    ]);
    let origin = prop::sample::select(vec![Origin::Program, Origin::Model, Origin::Person]);
    let session = prop::sample::select(vec!["default", "other"]);
    (0..TOOLS.len(), any::<(Option<bool>, Option<bool>)>(), arguments, origin, session).prop_map(
        |(tool, (read_only, destructive), arguments, origin, session)| AnyCall {
            tool,
            hints: Hints { read_only, destructive, ..Hints::default() },
            arguments,
            origin,
            session,
        },
    )
}

fn decide(policy: &Policy, call: &AnyCall) -> Decision {
    let (server, tool) = TOOLS[call.tool];
    let raw = call.arguments.map(|text| RawValue::from_string(text.into()).unwrap());
    policy.decide(&Subject {
        tool: &ToolId::new(server, tool).unwrap(),
        hints: &call.hints,
        arguments: raw.as_deref(),
        principal: &Principal::default(),
        session: &SessionName::new(call.session).unwrap(),
        origin: call.origin,
    })
}

fn build(profile: Profile, rules: &[Rule], access: &[ServerAccess]) -> Policy {
    Policy::new(profile, rules.to_vec(), access.to_vec()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_deny_wins_in_any_order(profile in profile(), rules in prop::collection::vec(rule(), 0..6), call in call(),
                                turn in 0..6_usize) {
        let mut turned = rules.clone();
        turned.rotate_left(turn % rules.len().max(1));
        let denied = decide(&build(profile, &rules, &[]), &call).action == Action::Deny;
        prop_assert_eq!(denied, decide(&build(profile, &turned, &[]), &call).action == Action::Deny);
        let alone = rules.iter().any(|rule| {
            rule.action == Action::Deny
                && decide(&build(Profile::Open, std::slice::from_ref(rule), &[]), &call).action == Action::Deny
        });
        prop_assert_eq!(denied, alone);
    }

    #[test]
    fn what_is_not_visible_is_denied_whatever_the_arguments(profile in profile(), access in access(), call in call(),
                                                            rules in prop::collection::vec(rule(), 0..6)) {
        let policy = build(profile, &rules, &access);
        let (server, name) = TOOLS[call.tool];
        let all = catalogue(&[(server, vec![serde_json::json!({"name": name})])]);
        let mut tool = all.servers[0].tools[0].clone();
        tool.hints = call.hints;
        if !policy.visible(&tool, &Principal::default()) {
            prop_assert_eq!(decide(&policy, &call).action, Action::Deny);
        }
        if !policy.shows_server(&tool.id.server, &Principal::default()) {
            prop_assert!(!policy.visible(&tool, &Principal::default()));
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer(profile in profile(), access in access(), call in call(),
                                             rules in prop::collection::vec(rule(), 0..6)) {
        let (one, two) = (build(profile, &rules, &access), build(profile, &rules, &access));
        prop_assert_eq!(one.version(), two.version());
        prop_assert_eq!(decide(&one, &call), decide(&two, &call));
        prop_assert_eq!(decide(&one, &call), decide(&one.clone(), &call));
    }

    #[test]
    fn an_allow_at_the_end_never_forbids(profile in profile(), rules in prop::collection::vec(rule(), 0..6),
                                         last in rule(), call in call()) {
        let before = decide(&build(profile, &rules, &[]), &call).action;
        let more: Vec<Rule> = rules.into_iter().chain([Rule { action: Action::Allow, ..last }]).collect();
        let after = decide(&build(profile, &more, &[]), &call).action;
        prop_assert_eq!(before == Action::Deny, after == Action::Deny);
        prop_assert!(before != Action::Allow || after == Action::Allow);
    }

    #[test]
    fn arguments_that_are_not_known_are_never_read_better_than_known_ones(
        profile in profile(), rules in prop::collection::vec(rule(), 0..6), call in call()
    ) {
        let policy = build(profile, &rules, &[]);
        let known = decide(&policy, &call).action;
        let unknown = decide(&policy, &AnyCall { arguments: None, ..call }).action;
        prop_assert!(known != Action::Deny || unknown == Action::Deny);
    }
}

#[test]
fn the_version_is_that_of_the_meaning() {
    let rule = |line: &str, action| Rule { origin_line: line.into(), ..Rule::new(action) };
    let version = |rule| build(Profile::Open, &[rule], &[]).version();
    assert_eq!(version(rule("a:1", Action::Ask)), version(rule("b:2", Action::Ask)));
    assert_ne!(version(rule("a:1", Action::Ask)), version(rule("a:1", Action::Deny)));
    assert_ne!(build(Profile::Open, &[], &[]).version(), build(Profile::Strict, &[], &[]).version());
}

#[test]
fn hostile_arguments_cost_little_and_are_read_carefully() {
    let when = vec![Condition { pointer: "/a/*/*".into(), test: Test::Regex("(a+)+$".into()) }];
    let deny = build(Profile::Open, &[Rule { when: when.clone(), ..Rule::new(Action::Deny) }], &[]);
    let allow = build(Profile::Strict, &[Rule { when, ..Rule::new(Action::Allow) }], &[]);
    let many = format!("{{\"a\": [[{}1]]}}", "1,".repeat(20_000));
    let long = format!("{{\"a\": [[\"{}\"]]}}", "a".repeat(300_000));
    let huge = format!("{{\"a\": \"{}\"}}", "b".repeat(2 << 20));
    for text in [many, long, huge, "[".repeat(127) + &"]".repeat(127)] {
        let raw = RawValue::from_string(text).unwrap();
        let subject = |policy: &Policy| {
            policy.decide(&Subject {
                tool: &ToolId::new("a", "b").unwrap(),
                hints: &Hints::default(),
                arguments: Some(&raw),
                principal: &Principal::default(),
                session: &SessionName::default(),
                origin: Origin::Program,
            })
        };
        let nested = raw.get().starts_with('[');
        assert_eq!(subject(&deny).action, if nested { Action::Allow } else { Action::Deny });
        assert_eq!(subject(&allow).action, Action::Ask);
    }
}
