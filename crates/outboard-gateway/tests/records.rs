//! What the audit log is told.

use crate::support::{Bench, By, asking, no, question, yes};
use outboard_gateway::approvals::ApprovalScope;
use outboard_gateway::{Action, Options, Rulebook};
use outboard_journal::{AuditEntry, AuditFilter};
use outboard_types::Digest;
use serde_json::json;

impl Bench {
    /// The last entry of the audit log.
    fn audited(&self) -> AuditEntry {
        self.journal.flush().unwrap();
        self.journal.audit_rows(&AuditFilter::default()).unwrap().pop().unwrap().entry
    }
}

fn said(entry: &AuditEntry) -> (&str, Option<&str>) {
    (&entry.decision, entry.outcome.as_deref())
}

#[tokio::test(start_paused = true)]
async fn every_way_a_call_can_end_is_audited() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    bench.run.set_code(Digest::of("code"));
    let policy = Digest::of("asking").short();

    bench.call("crm.read", json!({"a": 1})).await.unwrap();
    let entry = bench.audited();
    assert_eq!(said(&entry), ("allow", Some("ok")));
    assert_eq!(entry.rule, Some(format!("rules asking; policy {policy}")));
    assert_eq!((entry.code_digest, entry.kind.as_str()), (Some(Digest::of("code")), "tool"));
    assert_eq!((entry.arguments_digest, entry.call), (Some(Digest::of(r#"{"a":1}"#)), Some(1)));

    let call = bench.spawn("crm.delete", json!({}));
    let asked = question(&desk).await.record.id;
    desk.answer(&asked, yes(ApprovalScope::Once)).await.unwrap();
    call.await.unwrap().unwrap();
    let entry = bench.audited();
    assert_eq!((said(&entry), entry.approval.clone()), (("approved", Some("ok")), Some(asked)));
    assert_eq!(entry.rule, Some(format!("rules asking; answered by Ada through test; policy {policy}")));

    let call = bench.spawn("crm.delete", json!({}));
    let asked = question(&desk).await.record.id;
    desk.answer(&asked, no("not today")).await.unwrap();
    call.await.unwrap().unwrap_err();
    let entry = bench.audited();
    assert_eq!((said(&entry), entry.approval.clone()), (("deny", Some("approval_denied")), Some(asked)));

    bench.call("drive.get_document", json!({})).await.unwrap_err();
    assert_eq!(said(&bench.audited()), ("none", Some("invalid_arguments")));

    let call = bench.spawn("crm.delete", json!({}));
    question(&desk).await;
    call.abort();
    let _ = call.await;
    assert_eq!(said(&bench.audited()), ("none", Some("cancelled")));
}

#[tokio::test]
async fn a_denial_is_audited_with_its_rule() {
    let bench = Bench::new(Options::new(Rulebook::new(By("closed", |_| Action::Deny))));
    bench.call("crm.read", json!({})).await.unwrap_err();
    let entry = bench.audited();
    assert_eq!(said(&entry), ("deny", Some("denied")));
    assert!(entry.rule.unwrap().starts_with("rules closed; policy "));
}
