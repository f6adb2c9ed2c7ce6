//! What the door costs a call: every layer on, an upstream that answers at once.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench is its own documentation")]

use criterion::{Criterion, criterion_group, criterion_main};
use outboard_catalog::{Catalogue, Listing};
use outboard_gateway::approvals::{ApprovalDesk, DeskOptions, MemoryApprovals};
use outboard_gateway::*;
use outboard_journal::{ExecutionRecord, Journal};
use outboard_policy::{Action, Policy, Profile, Rule};
use outboard_types::*;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;

struct AtOnce;

impl Upstream for AtOnce {
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a> {
        assert!(permit.covers(call));
        Box::pin(async { Ok(ToolResult::text("done")) })
    }
}

fn options() -> Options {
    let rules = (0..20).map(|n| Rule { tools: vec![format!("other{n}.*")], ..Rule::new(Action::Ask) }).collect();
    let policy = Policy::new(Profile::Balanced, rules, Vec::new()).unwrap();
    let mut options = Options::new(Rulebook::new(policy));
    options.desk = Some(ApprovalDesk::new(Arc::new(MemoryApprovals::default()), DeskOptions::default()));
    let far = u64::MAX / 2;
    options.quotas = vec![
        QuotaRule { calls: Some(far), concurrent: Some(100), ..QuotaRule::new("q0", Per::Tool) },
        QuotaRule { bytes: Some(far), rate: Some(Rate::per_second(1e6)), ..QuotaRule::new("q1", Per::Server) },
    ];
    let limit = Money(far);
    let (setting, on_exceed) = ("b0".to_owned(), OnExceed::Deny);
    options.spending.prices = vec![Price { tools: Vec::new(), per_call: Money(1), per_1k_tokens: Money(1) }];
    options.spending.budgets = vec![Budget { setting, per: BudgetPer::Day, limit, on_exceed }];
    options.runaway.calls = far;
    options
}

fn run() -> Arc<Run> {
    let tool = json!({"name": "get", "inputSchema": {"type": "object", "properties": {
        "id": {"type": "string"}, "fields": {"type": "array", "items": {"type": "string"}}}, "required": ["id"]}});
    let server = ServerName::new("crm").unwrap();
    let tools = vec![to_raw_value(&tool).unwrap()];
    let catalogue = Catalogue::build(1, vec![Listing { server, title: None, instructions: None, tools }]);
    let context = CallContext {
        execution: ExecutionId::from_parts(1, 1),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Program,
        cancel: CancellationToken::new(),
    };
    Run::new(context, Arc::new(catalogue), RunLimits { total: u64::MAX, concurrent: 16 })
}

fn calls(criterion: &mut Criterion, name: &str, journal: Journal) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let run = run();
    begin(&journal, &run);
    let gateway = Gateway::new(chain(options(), journal.clone()), Arc::new(AtOnce));
    let id = ToolId::new("crm", "get").unwrap();
    let arguments: Arc<RawValue> = to_raw_value(&json!({"id": "42", "fields": ["name", "email"]})).unwrap().into();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| runtime.block_on(gateway.call(&run, id.clone(), arguments.clone())).unwrap());
    });
    // What waits in the journal's queue is of the loop before, which went faster than any disk.
    journal.flush().unwrap();
    percentiles(name, || drop(runtime.block_on(gateway.call(&run, id.clone(), arguments.clone())).unwrap()));
    journal.flush().unwrap();
}

fn begin(journal: &Journal, run: &Run) {
    let context = run.context();
    journal.begin(ExecutionRecord {
        id: context.execution.clone(),
        started_ms: 1,
        principal: context.principal.clone(),
        session: context.session.clone(),
        language: Language::TypeScript,
        code: String::new(),
        input: None,
        generation: 1,
        surface: Digest::of(""),
        isolation: String::new(),
    });
}

/// Criterion gives means; what a program feels are percentiles.
fn percentiles(name: &str, call: impl Fn()) {
    let mut times: Vec<_> = (0..10_000)
        .map(|_| {
            let began = std::time::Instant::now();
            call();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 1_000];
    #[allow(clippy::print_stdout, reason = "the figure is the point")]
    {
        println!("{name}: p50 {:?}, p99 {:?}, p99.9 {:?}", at(500), at(990), at(999));
    }
}

fn chains(criterion: &mut Criterion) {
    calls(criterion, "all layers, journal in memory", outboard_journal::memory().unwrap());
    let folder = tempfile::tempdir().unwrap();
    calls(criterion, "all layers, journal in a file", outboard_journal::open(&folder.path().join("j.db")).unwrap());
}

criterion_group!(benches, chains);
criterion_main!(benches);
