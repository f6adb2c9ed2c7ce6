//! Skills that a model saved, in the inbox of approvals.

use crate::skills::{SAVES, parsed, shop};
use serde_json::json;

#[test]
fn a_skill_that_waits_is_answered_like_a_call() {
    let place = shop("skills.approval = \"model\"");
    let open = || parsed(&place.ok(&["approvals", "--json"]));
    assert_eq!(open(), json!([]));
    assert_eq!(place.program("typescript", SAVES)["skills"]["saved"][0]["status"], "waiting");
    let list = open();
    let [one] = list.as_array().unwrap().as_slice() else { panic!("{list}") };
    let id = one["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&one["kind"], &one["skill"], &one["session"]),
        (&json!("skill"), &json!("sum-orders"), &json!("local/default"))
    );
    assert!(place.ok(&["approvals"]).contains("new skill sum-orders"));
    let shown = place.ok(&["approvals", "show", &id]);
    assert!(shown.contains("+export async function sumOrders") && shown.contains("Adds up the totals"), "{shown}");

    place.ok(&["approvals", "approve", &id]);
    assert_eq!(open(), json!([]));
    place.write("use.ts", "import { sumOrders } from './skills/sum-orders';\nreturn await sumOrders(2);");
    assert!(place.ok(&["run", "use.ts", "--session", "other"]).contains("result: 15"));
    let (exit, told) = place.fails(&["approvals", "approve", &id]);
    assert!(exit == 1 && told.contains("outboard approvals"), "{told}");

    // Another version, with what a terminal would obey in it: only what changed is shown, and harmless.
    let saves = SAVES.replace("sum + row.total, 0);\n}\n`", "sum + 2 * row.total, 0); // \u{1b}[2J\n}\n`");
    assert_eq!(place.program("typescript", &saves)["skills"]["saved"][0]["status"], "waiting");
    let again = open();
    let changed = again[0]["id"].as_str().unwrap();
    assert!(place.ok(&["approvals"]).contains("change of skill sum-orders"));
    let shown = place.ok(&["approvals", "show", changed]);
    assert!(shown.contains("+  return rows.reduce") && shown.contains("-  return rows.reduce"), "{shown}");
    assert!(!shown.contains("+/** Adds up") && !shown.contains('\u{1b}'), "{shown}");
    let denied = parsed(&place.ok(&["approvals", "deny", changed, "--reason", "twice is wrong", "--json"]));
    assert_eq!((&denied["status"], &denied["skill"]), (&json!("denied"), &json!("sum-orders")));
    assert_eq!(open(), json!([]));
    assert!(place.ok(&["run", "use.ts"]).contains("result: 15"), "its own session has the approved one again");
    let history = parsed(&place.ok(&["skills", "history", "sum-orders", "--json"]));
    let told: Vec<&str> = history.as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["save", "approve", "save", "deny"], "{history}");
    let audit = place.ok(&["audit", "--json"]);
    let rows: Vec<_> = audit.lines().map(parsed).filter(|row| row["kind"] == "skill").collect();
    let decisions: Vec<_> = rows.iter().map(|row| row["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["approved sum-orders", "denied sum-orders: twice is wrong"], "{audit}");
}

#[test]
fn an_exposed_skill_is_the_approved_one_also_where_another_waits() {
    let place = shop("skills = { approval = \"model\", expose = [\"sum-orders\"] }");
    place.program("typescript", SAVES);
    place.ok(&["skills", "approve", "sum-orders"]);
    place.program("typescript", &SAVES.replace("sum + row.total, 0);\n}\n`", "sum + 2 * row.total, 0);\n}\n`"));
    place.write("use.ts", "import { sumOrders } from './skills/sum-orders';\nreturn await sumOrders(2);");
    assert!(place.ok(&["run", "use.ts"]).contains("result: 30"), "the session's own programs see what it saved");
    let mut session = place.client();
    let (text, _) = session.tool("skills__sum-orders", json!({"page": 2}));
    assert!(text.contains("result: 15"), "{text}");
    session.end();
}

#[test]
fn copies_of_skills_go_with_what_else_idle_sessions_leave() {
    let place = shop("state.max_age = \"1s\"");
    let copies = place.path().join(".outboard/skill-data/copies/local");
    place.write("one.ts", "return 1");
    for session in ["one", "other"] {
        place.ok(&["run", "one.ts", "--session", session]);
    }
    let folders = std::fs::read_dir(&copies).unwrap().filter(|one| one.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, 1, "sessions that follow each other share one");
    place.wait_for(|| {
        place.ok(&["executions", "prune", "--json"]);
        !copies.exists()
    });
    assert!(place.ok(&["run", "one.ts"]).contains("result: 1"));
}
