//! logs: 30 pages of 10 records.

use crate::made_up::MadeUp;
use crate::tool::{Answer, Effect, Server, count, given, number, text, tool};
use serde_json::{Value, json};

const PAGES: u64 = 30;
const PER_PAGE: u64 = 10;

pub(crate) fn server() -> Server {
    let tools = vec![
        tool("list_pages", "Says how many pages of log records there are.", Effect::Reads, &[], None, |_| {
            Ok(Answer::Json(json!({"pages": PAGES, "recordsPerPage": PER_PAGE})))
        }),
        tool(
            "get_page",
            "Reads one page of log records.",
            Effect::Reads,
            &[("page", number("The page, from 1 to 30"), true)],
            None,
            |arguments| {
                let page = arguments["page"].as_u64().unwrap_or_default();
                if !(1..=PAGES).contains(&page) {
                    return Err(format!("no page {page}; pages run from 1 to {PAGES}"));
                }
                Ok(Answer::Json(json!({"page": page, "records": records(page)})))
            },
        ),
        tool(
            "search_logs",
            "Finds records whose message or service holds a word.",
            Effect::Reads,
            &[("query", text("The word"), true), ("limit", number("At most so many; 20 without it"), false)],
            None,
            |arguments| {
                let query = given(arguments, "query");
                let has = |record: &Value| {
                    ["message", "service", "level"]
                        .iter()
                        .any(|key| record[*key].as_str().is_some_and(|text| text.contains(query)))
                };
                let hits = (1..=PAGES).flat_map(records).filter(has).take(count(arguments, "limit", 20));
                Ok(Answer::Json(json!({"records": hits.collect::<Vec<_>>()})))
            },
        ),
    ];
    Server { name: "logs", title: "Log records", tools }
}

fn records(page: u64) -> Vec<Value> {
    const LEVELS: &[&str] = &["INFO", "INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"];
    const SERVICES: &[&str] = &["checkout", "search", "auth", "billing", "gateway"];
    const MESSAGES: &[&str] = &[
        "request handled",
        "cache miss, falling back to the database",
        "connection pool exhausted",
        "token refreshed",
        "retrying after a timeout of the payment provider",
        "configuration reloaded",
        "slow query on table orders",
    ];
    let mut made_up = MadeUp::new(700 + page);
    (0..PER_PAGE)
        .map(|at| {
            let second = (page - 1) * PER_PAGE + at;
            json!({
                "timestamp": format!("2026-04-14T09:{:02}:{:02}Z", second / 60, second % 60),
                "level": made_up.one_of(LEVELS),
                "service": made_up.one_of(SERVICES),
                "message": made_up.one_of(MESSAGES),
                "latency_ms": made_up.below(2_000),
            })
        })
        .collect()
}
