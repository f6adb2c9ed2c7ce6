//! Disks that are full or fail at any write: the host survives, says why, and goes on when there is room.

use crate::crash_points::forty_calls;
use crate::sim::dice::Dice;
use crate::sim::host::{Life, Plan, Stage, Story, answers};
use crate::sim::laws;
use outboard_execution::Report;
use outboard_journal::{FaultKind, Status};
use std::sync::Arc;

/// One program over a disk that fails at these writes, and one after it.
fn over(stage: &mut Stage, kind: FaultKind, full: Vec<u64>) -> (Story, Arc<Report>) {
    let mut dice = Dice::new(full[0]);
    let mut story = Story::new(forty_calls(), 5, 12);
    let plan = Plan { full, failing: Some(kind), lag: 2, patience: 100, ..Plan::default() };
    let Life::Over(report) = story.live(stage, &plan, &mut dice) else { unreachable!("it is left alone") };
    let mut next = Story::new(forty_calls(), 5, 12);
    let calm = Plan { lag: 2, patience: 100, ..Plan::default() };
    let Life::Over(after) = next.live(stage, &calm, &mut dice) else { unreachable!("it is left alone") };
    assert_eq!(after.status, Status::Succeeded, "there is room again: {after:?}");
    (story, report)
}

#[test]
fn a_disk_may_fail_at_every_write() {
    let mut stage = Stage::new();
    for kind in [FaultKind::Full, FaultKind::Io] {
        for write in 1..60 {
            for length in [1, 4] {
                let (story, report) = over(&mut stage, kind, (write..write + length).collect());
                let told = story.told.lock().unwrap();
                let shown = || format!("{kind:?} at {write}: {report:?}\n{told:#?}");
                if let Some(error) = &report.error {
                    assert!(error.message.contains("disk"), "it is named: {}", shown());
                    assert!(error.hint.as_deref().unwrap_or_default().contains("state_dir"), "{}", shown());
                    assert!(write <= 2, "only at the beginning there is no way on: {}", shown());
                    continue;
                }
                let Some(last) = told.last() else { panic!("{}", shown()) };
                assert_eq!(laws::doubts(last, &shown), 0, "a full disk is no crash: {}", shown());
                laws::once(&story, last, &shown);
                let history = answers(&stage.platter, story.id.as_ref().unwrap());
                laws::same_order(&told, &story.kept, &history, &shown);
            }
        }
    }
}
