//! Metrics, both ways to read them.

use crate::receiver::{Mood, Receiver};
use crate::story::{self, approved, call, denied, id, retried};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use outboard_journal::{MarkKind, Status, memory};
use outboard_telemetry::{Protocol, Telemetry, TreeOptions};
use std::collections::HashMap;
use std::time::Duration;

#[tokio::test]
async fn what_happened_is_counted_and_reads_the_same_in_every_format() {
    for protocol in [Protocol::Protobuf, Protocol::Json] {
        let (receiver, journal) = (Receiver::start(Mood::Takes).await, memory().unwrap());
        let telemetry = Telemetry::start(receiver.options(protocol), TreeOptions::default(), &journal).unwrap();
        telemetry.metrics().source(Box::new(|gauges| {
            gauges.executions(2, 1);
            gauges.approvals_waiting(3);
            gauges.idle_workers(4);
            gauges.circuit("crm", 2, 1);
        }));
        story::begin(&journal, &id(1)).await;
        journal.call(call(&id(1), 1, 1_000, 2_000));
        journal.call(denied(call(&id(1), 2, 3_000, 3_050)));
        journal.call(approved(call(&id(1), 3, 4_000, 9_000), 1, 4_000));
        journal.call(retried(call(&id(1), 4, 10_000, 20_000), 5_000));
        let tokens = MarkKind::Tokens { model_out: 100, model_in: 50, direct_equivalent: 1_150, bytes: 4_600 };
        story::mark(&journal, &id(1), 20_000, tokens);
        story::end(&journal, &id(1), 21, Status::Succeeded);
        let text = telemetry.metrics().text();
        for line in [
            r#"outboard_executions_total{status="succeeded",language="typescript"} 1"#,
            r#"outboard_execution_duration_seconds_bucket{status="succeeded",le="0.025"} 1"#,
            r#"outboard_calls_total{server="crm",tool="get_customer",outcome="ok"} 3"#,
            r#"outboard_calls_total{server="crm",tool="get_customer",outcome="denied"} 1"#,
            r#"outboard_denials_total{server="crm",reason="denied"} 1"#,
            r#"outboard_approvals_total{decision="approved"} 1"#,
            r#"outboard_retries_total{server="crm"} 1"#,
            r#"outboard_tokens_total{kind="saved"} 1000"#,
            r#"outboard_sandbox_tier{tier="A"} 1"#,
            r#"outboard_circuit_state{server="crm"} 2"#,
            "outboard_executions_active 2",
            "outboard_executions_queued 1",
            "outboard_approvals_waiting 3",
            "outboard_workers_idle 4",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        telemetry.close(Duration::from_secs(60)).await;
        let requests = receiver.metrics();
        let metrics = &requests.last().unwrap().resource_metrics[0].scope_metrics[0].metrics;
        let by_name: HashMap<_, _> = metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect();
        match by_name["outboard.calls"].data.as_ref().unwrap() {
            Data::Sum(sum) => {
                assert!(sum.is_monotonic && sum.aggregation_temporality == 2 && sum.data_points.len() == 2)
            }
            other => panic!("{other:?}"),
        }
        match by_name["mcp.client.operation.duration"].data.as_ref().unwrap() {
            Data::Histogram(all) => {
                let ok = all.data_points.iter().find(|point| point.count == 3).unwrap();
                assert_eq!(ok.bucket_counts.iter().sum::<u64>(), 3);
                assert_eq!(ok.bucket_counts.len(), ok.explicit_bounds.len() + 1);
                assert!((ok.sum.unwrap() - 0.016).abs() < 1e-9);
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(by_name["outboard.circuit.state"].data, Some(Data::Gauge(_))));
    }
}
