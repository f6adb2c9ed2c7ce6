//! The table of `fixtures/decisions.md`: rules in plain words, calls, what comes out and by which rule.

use crate::fixture::{decide, hints, policy};

#[test]
fn every_row_of_the_table_holds() {
    let text = include_str!("fixtures/decisions.md");
    let (mut rows, mut wrong) = (0, Vec::new());
    for section in text.split("\n## ").skip(1) {
        let title = section.lines().next().unwrap();
        let rules = section.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let policy = policy(rules);
        for row in section.lines().filter(|line| line.starts_with("| ") && line.contains('.')) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
            let [tool, declared, arguments, who, action, by] = cells[..] else { panic!("{title}: {row}") };
            let decision = decide(&policy, tool, hints(declared), arguments, who);
            rows += 1;
            if decision.action.as_str() != action || decision.rule != by {
                wrong.push(format!("{title}: {row}\n  but {} by {}", decision.action, decision.rule));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows >= 60, "only {rows} rows were read");
}

#[test]
fn messages_name_rule_and_reason() {
    let settings = "[[rules]]\ntools = [\"crm.*\"]\naction = \"deny\"\nreason = \"frozen until Monday\"\n[access.logs]\ndeny = [\"drop_*\"]";
    let policy = policy(settings);
    let because = |tool: &str| decide(&policy, tool, hints(""), "{}", "").because();
    assert_eq!(because("crm.get"), "policy.rules[0]: frozen until Monday");
    assert_eq!(because("logs.drop_all"), "servers.logs.tools.deny holds \"drop_*\"");
}

#[test]
fn what_cannot_be_compiled_is_a_problem_with_a_way_out() {
    use outboard_policy::{Action, Condition, Policy, Profile, Rule, Test};
    let when = |pointer: &str, test: Test| vec![Condition { pointer: pointer.into(), test }];
    for (rule, expected) in [
        (Rule { tools: vec!["crm".into()], ..Rule::new(Action::Ask) }, "tools[0] \"crm\" names no server and tool"),
        (
            Rule { when: when("amount", Test::Present(true)), ..Rule::new(Action::Ask) },
            "when[0].at \"amount\" does not",
        ),
        (
            Rule { when: when("/a", Test::Regex("(".into())), ..Rule::new(Action::Ask) },
            "when[0].regex \"(\" is not usable",
        ),
        (Rule { when: when("/a", Test::Regex(r"(\w{900}){900}".into())), ..Rule::new(Action::Ask) }, "when[0].regex"),
    ] {
        let rule = Rule { origin_line: "outboard.toml:4".into(), ..rule };
        let problem = Policy::new(Profile::Open, vec![rule], vec![]).unwrap_err().to_string();
        assert!(problem.starts_with("policy.rules[0] (outboard.toml:4): "), "{problem}");
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn an_explanation_tells_of_every_rule() {
    use outboard_policy::{Origin, Subject};
    use outboard_types::{Principal, SessionName, ToolId};
    let policy = policy(
        "[[rules]]\ntools = [\"logs.*\"]\naction = \"deny\"\n[[rules]]\nwhen = [{ at = \"/n\", above = 5 }]\n\
         action = \"ask\"\n[[rules]]\naction = \"allow\"",
    );
    let (tool, principal, session) = (ToolId::new("crm", "get").unwrap(), Principal::default(), SessionName::default());
    let raw = serde_json::value::RawValue::from_string("{\"n\": 5}".into()).unwrap();
    let explanation = policy.explain(&Subject {
        tool: &tool,
        hints: &hints(""),
        arguments: Some(&raw),
        principal: &principal,
        session: &session,
        origin: Origin::Program,
    });
    let expected = "policy.rules[0] deny: no: tools: no pattern matches\npolicy.rules[1] ask: no: when[0]: no value there \
                    passes\npolicy.rules[2] allow: matches\nallow, by policy.rules[2]";
    assert_eq!(explanation.to_string(), expected);
}
