//! Whole programs of the shapes that people publish.

use crate::worker::{Host, echo};
use outboard_worker_protocol::CallFailure;
use serde_json::{Value, json};

#[test]
fn copying_rows_between_servers() {
    let rows: Vec<Value> = (0..40)
        .map(|n| json!({"salesforceId": format!("00Q{n}"), "email": format!("u{n}@example.org"), "name": "N"}))
        .collect();
    let code = "import * as gdrive from './servers/google-drive';
import * as salesforce from './servers/salesforce';
const sheet = await gdrive.getSheet({ sheetId: 'abc123' });
for (const row of sheet.rows) {
  await salesforce.updateRecord({ objectType: 'Lead', recordId: row.salesforceId, data: { Email: row.email } });
}
console.log(`Updated ${sheet.rows.length} leads`);";
    let report = Host::default().run(code, |server, _, _| {
        Ok(if server == "google-drive" { json!({"rows": rows}) } else { json!({"ok": true}) })
    });
    assert_eq!((report.out.as_str(), report.calls.len()), ("Updated 40 leads\n", 41), "{report:?}");
    assert!(report.value.is_none());
}

#[test]
fn filtering_many_rows_locally() {
    let rows: Vec<Value> = (0..10_000)
        .map(|n| json!({"id": n, "status": if n % 100 == 0 { "pending" } else { "done" }, "amount": n}))
        .collect();
    let code = "const allRows = await googleDrive.getSheet({ sheetId: 'abc123' });
const pendingOrders = allRows.filter((row: any) => row.status === 'pending');
const total = pendingOrders.reduce((sum: number, row: any) => sum + row.amount, 0);
console.log(JSON.stringify({ count: pendingOrders.length, total, sample: pendingOrders.slice(0, 1) }, null, 2));";
    let report = Host::default().run(code, |_, _, _| Ok(json!(rows)));
    let printed: Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(
        printed,
        json!({"count": 100, "total": 495_000, "sample": [{"id": 0, "status": "pending", "amount": 0}]})
    );
}

#[test]
fn polling_until_something_happened() {
    let mut asked = 0;
    let code = "let found = false;
let attempts = 0;
while (!found && attempts < 120) {
  const messages = await slack.getChannelHistory({ channel: 'C1', limit: 50 });
  found = messages.some(m => m.text.includes('deployment complete'));
  if (!found) {
    await new Promise(r => setTimeout(r, 2));
    attempts++;
  }
}
if (found) { console.log('done after', attempts); } else { console.log('timeout'); }";
    let report = Host::default().run(code, |_, _, _| {
        asked += 1;
        Ok(json!([{"text": if asked > 4 { "deployment complete" } else { "working" }}]))
    });
    assert_eq!(report.out, "done after 4\n");
}

#[test]
fn retrying_with_growing_pauses() {
    let mut tries = 0;
    let code = "async function robust<T>(fn: () => Promise<T>, maxRetries = 3): Promise<T> {
  for (let i = 0; i < maxRetries; i++) {
    try { return await fn(); }
    catch (error) { if (i === maxRetries - 1) throw error; await sleep(Math.pow(2, i)); }
  }
  throw new Error('unreachable');
}
const data = await robust(() => crm.getCustomers());
return { data };";
    let report = Host::default().run(code, |_, _, _| {
        tries += 1;
        if tries < 3 {
            Err(CallFailure { code: "upstream_unavailable".into(), message: "busy".into(), ..CallFailure::default() })
        } else {
            Ok(json!("here"))
        }
    });
    assert_eq!(report.value(), &json!({"data": "here"}));
}

#[test]
fn exploring_then_importing_in_the_middle() {
    let code = "const services = await listDirectory('/servers/');
console.log('Available:', services);
const driveTools = await listDirectory('/servers/google-drive/');
const toolDef = await readFile('/servers/google-drive/getDocument.ts');
import { getDocument } from '/servers/google-drive/getDocument.ts';
const doc = await getDocument('doc_id');
return { tools: driveTools.length, known: toolDef.length > 0, doc: doc.arguments.documentId };";
    let report = Host::default().run(code, echo);
    assert_eq!(report.value(), &json!({"tools": 2, "known": true, "doc": "doc_id"}));
    assert_eq!(report.out, "Available: [ 'README.md', 'google-drive', 'slack' ]\n");
}
