//! catalogue: as many tools as are asked for, one of which may be the one that is needed.
//!
//! `OUTBOARD_DEMO_TOOLS=10000` makes so many; 100 without it.

use crate::size;
use crate::tool::{Answer, Effect, Server, Tool, given, text, tool};
use serde_json::json;

const VERBS: [&str; 20] = [
    "count",
    "list",
    "export",
    "archive",
    "approve",
    "assign",
    "audit",
    "cancel",
    "compare",
    "escalate",
    "estimate",
    "forecast",
    "import",
    "merge",
    "notify",
    "reconcile",
    "schedule",
    "split",
    "transfer",
    "validate",
];
const KINDS: [&str; 20] = [
    "overdue",
    "regional",
    "monthly",
    "pending",
    "recurring",
    "external",
    "internal",
    "duplicate",
    "expired",
    "flagged",
    "historic",
    "inactive",
    "manual",
    "nightly",
    "offline",
    "partial",
    "quarterly",
    "rejected",
    "seasonal",
    "shared",
];
const THINGS: [&str; 25] = [
    "invoices",
    "contracts",
    "shipments",
    "warehouses",
    "vouchers",
    "timesheets",
    "subscriptions",
    "refunds",
    "quotations",
    "policies",
    "payrolls",
    "licences",
    "inspections",
    "forms",
    "fleets",
    "expenses",
    "deliveries",
    "credits",
    "campaigns",
    "bookings",
    "badges",
    "auctions",
    "assets",
    "appointments",
    "accounts",
];

/// All tools that there can be.
const MOST: usize = VERBS.len() * KINDS.len() * THINGS.len();

pub(crate) fn server() -> Result<Server, String> {
    let tools = (0..size("OUTBOARD_DEMO_TOOLS", 100, MOST)?).map(made).collect();
    Ok(Server { name: "catalogue", title: "A large catalogue", tools })
}

/// The first words change quickest, so that few tools already differ in everything.
fn made(at: usize) -> Tool {
    let verb = VERBS[at % VERBS.len()];
    let kind = KINDS[at / VERBS.len() % KINDS.len()];
    let thing = THINGS[at / (VERBS.len() * KINDS.len()) % THINGS.len()];
    let description = format!(
        "Works on {kind} {thing}: {verb} those of one region, within a period if one is given. Says how many there are."
    );
    let parameters = [
        ("region", text("The region, such as north"), true),
        ("from", text("First day, such as 2026-01-31; the beginning without it"), false),
        ("to", text("Last day; today without it"), false),
    ];
    let effect = if matches!(verb, "count" | "list") { Effect::Reads } else { Effect::Sets };
    tool(&format!("{verb}_{kind}_{thing}"), &description, effect, &parameters, None, move |arguments| {
        let region = given(arguments, "region").to_owned();
        let number = region.bytes().fold(at as u64, |sum, byte| sum * 31 + u64::from(byte)) % 997;
        Ok(Answer::Json(json!({"region": region, "number": number})))
    })
}
