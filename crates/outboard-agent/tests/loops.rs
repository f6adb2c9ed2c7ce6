//! What the loop does with what models do.

use crate::support::{Made, Quarter, Scripted, Seen, calls, names, options, reply, says, task, tools};
use outboard_agent::{
    Agent, Conversation, End, Ended, Entry, Limit, ModelError, Note, Options, Price, Received, Stop, Usage,
};
use outboard_types::CancellationToken;
use serde_json::Value;

async fn run<F>(model: &Scripted, tools: &Made<F>, seen: &Seen, options: Options) -> (Ended, Conversation)
where
    F: Fn(&str, &Value) -> String + Send + Sync,
{
    let agent = Agent { model, tools, names: names(), watch: seen, counter: &Quarter, options };
    let mut conversation = task("do it");
    let ended = agent.run(&mut conversation).await;
    (ended, conversation)
}

fn corrections(seen: &Seen) -> usize {
    seen.notes.lock().unwrap().iter().filter(|note| matches!(note, Note::Corrected { .. })).count()
}

#[tokio::test]
async fn calls_are_made_and_the_answer_ends_it() {
    let model = Scripted::new([calls(&[("run_code", "{\"code\":\"1\"}"), ("search_tools", "{}")]), says("done")]);
    let (tools, seen) = (tools(|name, _| format!("{name} ok")), Seen::default());
    let (ended, conversation) = run(&model, &tools, &seen, options()).await;
    assert_eq!(ended.end, End::Answered { text: "done".into(), cut: false });
    assert_eq!(model.last_asked(), "run_code ok\nsearch_tools ok");
    assert_eq!(*tools.calls.lock().unwrap(), ["run_code trace-1", "search_tools trace-1"]);
    assert_eq!(*seen.turns.lock().unwrap(), [(1, true), (2, true)]);
    assert_eq!(conversation.spent.usage, Usage { input: 200, output: 20, ..Usage::default() });
    assert_eq!(seen.kept.lock().unwrap().as_ref(), Some(&conversation));
}

#[tokio::test]
async fn slips_are_put_right_without_making_a_call() {
    let model = Scripted::new([
        calls(&[("run_cod", "{}"), ("run_code", "{\"code\": \"half"), ("weather", "{}")]),
        says("```typescript\nreturn await a()\n```\nor\n```typescript\nreturn await b()\n```"),
        says(""),
        says("done"),
    ]);
    let (tools, seen) = (tools(|_, _| "ok".into()), Seen::default());
    let (ended, conversation) = run(&model, &tools, &seen, options()).await;
    assert_eq!(ended.end, End::Answered { text: "done".into(), cut: false });
    assert!(tools.calls.lock().unwrap().is_empty());
    let Entry::Tools { answers } = &conversation.entries[2] else { panic!("no answers") };
    assert!(answers[0].text.contains("did you mean \"run_code\""), "{}", answers[0].text);
    assert!(answers[1].text.contains("not JSON") && answers[1].is_error, "{}", answers[1].text);
    assert!(answers[2].text.contains("from a program"), "{}", answers[2].text);
    assert_eq!(corrections(&seen), 5);
}

#[tokio::test]
async fn repaired_arguments_are_used_and_the_repair_is_told() {
    let model = Scripted::new([calls(&[("run_code", "{\"code\": \"1\",}")]), says("done")]);
    let (tools, seen) = (tools(|_, arguments| arguments["code"].to_string()), Seen::default());
    run(&model, &tools, &seen, options()).await;
    assert!(model.last_asked().starts_with("\"1\"\nnote: about the arguments"), "{}", model.last_asked());
}

#[tokio::test]
async fn a_model_that_writes_code_twice_means_it() {
    let code = "```python\nfrom servers.crm import x\n```";
    let model = Scripted::new([says(code), says(code), says(code), says(code)]);
    let (made, seen) = (tools(|_, _| String::new()), Seen::default());
    let (ended, _) = run(&model, &made, &seen, options()).await;
    assert_eq!((ended.end, ended.turns), (End::Answered { text: code.into(), cut: false }, 4));
    assert_eq!((made.calls.lock().unwrap().len(), corrections(&seen)), (1, 3), "it is run once");
    let model = Scripted::new([says(""), says(" "), says("")]);
    let (ended, _) = run(&model, &tools(|_, _| String::new()), &Seen::default(), options()).await;
    assert!(matches!(ended.end, End::Stuck(_)), "{ended:?}");
}

#[tokio::test]
async fn what_is_meant_is_called() {
    let model = Scripted::new([
        says("```typescript\nreturn await logs.listPages();\n```"),
        calls(&[("logs.getPage", "{\"page\": 1}"), ("search_tools", "{}"), ("search_tools", "{}")]),
        says("{\"name\": \"run_code\", \"arguments\": {\"code\": `return \"x\"`}}"),
        says("done"),
    ]);
    let made = tools(|name, arguments| if name == "run_code" { "3".into() } else { format!("{name} {arguments}") });
    let seen = Seen::default();
    let (ended, conversation) = run(&model, &made, &seen, options()).await;
    assert_eq!(ended.end, End::Answered { text: "done".into(), cut: false });
    let called: Vec<String> = made.calls.lock().unwrap().iter().map(|call| call.replace(" trace", "")).collect();
    assert_eq!(called, ["run_code-1", "call_tool-2", "search_tools-2", "run_code-3"]);
    let Entry::Tools { answers } = &conversation.entries[2] else { panic!("no answers") };
    assert!(answers[0].text == "3", "{}", answers[0].text);
    let Entry::Tools { answers } = &conversation.entries[4] else { panic!("no answers") };
    assert!(answers[0].text.contains("\"tool\":\"logs.getPage\""), "{}", answers[0].text);
    assert!(answers[2].is_error && answers[2].text.contains("made once"), "{}", answers[2].text);
    assert!(conversation.entries[3].calls().any(|call| call.name == "call_tool"));
}

#[tokio::test]
async fn a_model_that_repeats_itself_is_told_and_then_stopped() {
    let model = Scripted::new((0..20).map(|_| calls(&[("run_code", "{\"code\":\"1\"}")])));
    let (tools, seen) = (tools(|_, _| "same".into()), Seen::default());
    let (ended, conversation) = run(&model, &tools, &seen, options()).await;
    assert_eq!(ended.end, End::Stuck("it makes the same call over and over"));
    assert_eq!((tools.calls.lock().unwrap().len(), ended.turns), (3, 6));
    let ids: std::collections::HashSet<_> =
        conversation.entries.iter().flat_map(Entry::calls).map(|call| call.id.clone()).collect();
    assert_eq!(ids.len(), 6, "every call has an id of its own");
}

#[tokio::test]
async fn waiting_is_not_repeating() {
    let waits = (0..10).map(|_| calls(&[("wait", "{\"execution\":\"ex_1\"}")]));
    let model = Scripted::new(waits.chain([says("done")]));
    let (ended, _) = run(&model, &tools(|_, _| "running ex_1".into()), &Seen::default(), options()).await;
    assert!(matches!(ended.end, End::Answered { .. }), "{ended:?}");
}

#[tokio::test]
async fn limits_end_it_with_everything_kept() {
    let endless = || Scripted::new((0..99).map(|at| calls(&[("run_code", &*format!("{{\"code\":\"{at}\"}}"))])));
    let (tools, seen) = (tools(|_, _| "ok".into()), Seen::default());
    let (ended, _) = run(&endless(), &tools, &seen, Options { max_turns: 4, ..options() }).await;
    assert_eq!((ended.end, ended.turns), (End::Limit(Limit::Turns(4)), 4));
    let (ended, conversation) =
        run(&endless(), &tools, &seen, Options { max_tokens_total: Some(700), ..options() }).await;
    assert_eq!(ended.end, End::Limit(Limit::Tokens(700)));
    assert!(conversation.spent.usage.total() <= 700, "{:?}", conversation.spent);
    let price = Price { input: 1_000.0, cached: 1_000.0, cache_write: None, output: 1_000.0 };
    let money = Options { max_cost: Some(0.9), price: Some(price), ..options() };
    let (ended, conversation) = run(&endless(), &tools, &seen, money).await;
    assert_eq!(ended.end, End::Limit(Limit::Cost(0.9)));
    assert!(conversation.spent.cost_usd.unwrap() <= 0.9 && ended.turns > 2, "{:?}", conversation.spent);
    assert_eq!(seen.kept.lock().unwrap().as_ref(), Some(&conversation));
}

#[tokio::test]
async fn the_last_turn_may_write_only_what_is_left() {
    let model = Scripted::new([says("done")]);
    let (ended, _) = run(
        &model,
        &tools(|_, _| String::new()),
        &Seen::default(),
        Options { max_tokens_total: Some(300), ..options() },
    )
    .await;
    assert!(matches!(ended.end, End::Answered { .. }));
    assert!(model.asked.lock().unwrap()[0].1 < 300);
}

#[tokio::test]
async fn a_full_context_is_trimmed_with_a_note_and_never_silently() {
    let full = || Err(ModelError::ContextFull("too long".into()));
    let model = Scripted::new([
        calls(&[("run_code", "{\"code\":\"1\"}")]),
        calls(&[("run_code", "{\"code\":\"2\"}")]),
        full(),
        says("done"),
    ]);
    let (tools, seen) = (tools(|_, _| "x".repeat(5_000)), Seen::default());
    let (ended, conversation) = run(&model, &tools, &seen, options()).await;
    assert!(matches!(ended.end, End::Answered { .. }), "{ended:?}");
    assert!(conversation.entries[2].text().contains("removed by the agent"));
    assert_eq!(conversation.entries[4].text().len(), 5_000);
    assert_eq!(*seen.notes.lock().unwrap(), [Note::Trimmed { results: 1, chars: 5_000 }]);
    let model = Scripted::new([full()]);
    let (ended, _) = run(&model, &tools, &seen, options()).await;
    assert_eq!(ended.end, End::Failed(ModelError::ContextFull("too long".into())));
}

#[tokio::test]
async fn a_stop_keeps_what_was_said_and_it_can_go_on() {
    let cancel = CancellationToken::new();
    let seen = Seen { stop_at_call: Some(cancel.clone()), ..Seen::default() };
    let model = Scripted::new([calls(&[("run_code", "{}")])]);
    let (ended, conversation) =
        run(&model, &tools(|_, _| "cancelled".into()), &seen, Options { cancel, ..options() }).await;
    assert_eq!(ended.end, End::Stopped);
    assert_eq!(conversation.entries.len(), 3);

    let cancel = CancellationToken::new();
    let model = Scripted::new([]);
    let stopper = cancel.clone();
    tokio::spawn(async move { stopper.cancel() });
    let (ended, conversation) =
        run(&model, &tools(|_, _| String::new()), &Seen::default(), Options { cancel, ..options() }).await;
    assert_eq!((ended.end, conversation.entries.len()), (End::Stopped, 1));
}

#[tokio::test]
async fn refusals_and_cut_answers_are_ends_of_their_own() {
    let mut refused = says("I will not.").unwrap();
    refused.stop = Stop::Refused("I will not.".into());
    let (ended, _) =
        run(&Scripted::new([Ok(refused)]), &tools(|_, _| String::new()), &Seen::default(), options()).await;
    assert_eq!(ended.end, End::Refused("I will not.".into()));
    let mut cut = says("half an ans").unwrap();
    cut.stop = Stop::MaxTokens;
    let (ended, _) = run(&Scripted::new([Ok(cut)]), &tools(|_, _| String::new()), &Seen::default(), options()).await;
    assert_eq!(ended.end, End::Answered { text: "half an ans".into(), cut: true });
    let half = Received::Call { id: "c".into(), name: "run_code".into(), arguments: "{\"code\":\"1\"".into() };
    let mut cut = reply(vec![half]).unwrap();
    cut.stop = Stop::MaxTokens;
    let (model, tools) = (Scripted::new([Ok(cut), says("done")]), tools(|_, _| "ran".into()));
    run(&model, &tools, &Seen::default(), options()).await;
    assert!(tools.calls.lock().unwrap().is_empty(), "half a program does not run");
    assert!(model.last_asked().contains("write a shorter one"), "{}", model.last_asked());
}

#[tokio::test]
async fn one_turn_makes_only_so_many_calls() {
    let many: Vec<(String, String)> = (0..40).map(|at| ("call_tool".into(), format!("{{\"n\":{at}}}"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, arguments)| (&**name, &**arguments)).collect();
    let (model, tools) = (Scripted::new([calls(&many), says("done")]), tools(|_, _| "ok".into()));
    run(&model, &tools, &Seen::default(), options()).await;
    assert_eq!(tools.calls.lock().unwrap().len(), 32);
}
