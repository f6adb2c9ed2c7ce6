//! Resources, prompts and what servers ask back walk the same chain.

use crate::support::{Bench, asking};
use outboard_gateway::{Operation, Options, Rulebook};
use outboard_policy::{Action, Policy, Profile, Rule};
use outboard_types::{ErrorCode, ServerName, ToolId};
use serde_json::json;

fn crm() -> ServerName {
    ServerName::new("crm").unwrap()
}

#[tokio::test]
async fn rules_address_resources_by_their_whole_name() {
    let deny = Rule { tools: vec!["crm.resource:file:///secret/*".into()], ..Rule::new(Action::Deny) };
    let policy = Policy::new(Profile::Balanced, vec![deny], Vec::new()).unwrap();
    let bench = Bench::new(Options::new(Rulebook::new(policy)));
    let read = |uri: &str| Operation::ReadResource { uri: uri.to_owned() };
    bench.gateway.operate(&bench.run, &crm(), read("file:///open/a")).await.unwrap();
    let error = bench.gateway.operate(&bench.run, &crm(), read("file:///secret/a")).await.unwrap_err();
    assert_eq!((error.code, bench.reached()), (ErrorCode::Denied, 1));
    bench.gateway.operate(&bench.run, &crm(), Operation::Roots).await.unwrap();
    let sampling = Operation::Sampling(json!({"messages": []}));
    let error = bench.gateway.operate(&bench.run, &crm(), sampling).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ApprovalDenied, "sampling spends money: a person is asked by default");
}

#[tokio::test]
async fn a_name_cannot_stand_for_other_arguments() {
    let (options, _desk) = asking();
    let bench = Bench::new(options);
    let id = ToolId::new("crm", "resource:file:///open/a").unwrap();
    for arguments in [json!({"uri": "file:///secret/a"}), json!({}), json!([1]), json!({"uri": 1})] {
        let error = bench.gateway.call(&bench.run, id.clone(), crate::support::raw(&arguments)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments);
    }
    assert_eq!(bench.reached(), 0);
}
