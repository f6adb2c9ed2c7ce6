//! Faults of our own: one execution ends and says so, and nothing waits for it for ever.

use crate::crash_points::forty_calls;
use crate::sim::dice::Dice;
use crate::sim::host::{Life, Plan, Stage, Story};
use outboard_journal::Status;

#[test]
fn a_panic_ends_its_execution_and_nothing_else() {
    let (mut stage, mut dice) = (Stage::new(), Dice::new(1));
    let mut story = Story::new(forty_calls(), 5, 12);
    let plan = Plan { lag: 2, patience: 100, panics: true, ..Plan::default() };
    let Life::Over(report) = story.live(&mut stage, &plan, &mut dice) else { unreachable!("it is left alone") };
    let error = report.error.as_ref().unwrap();
    assert_eq!((report.status, error.code.as_str()), (Status::Failed, "internal"), "{report:?}");
    assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("a fault of Outboard")), "{error:?}");
    let again = story.live(&mut stage, &Plan { panics: false, ..plan.clone() }, &mut dice);
    let Life::Over(kept) = again else { unreachable!("it is left alone") };
    assert_eq!(kept.error, report.error, "another process knows how it ended");
    let mut next = Story::new(forty_calls(), 5, 12);
    let Life::Over(after) = next.live(&mut stage, &Plan { panics: false, ..plan }, &mut dice) else {
        unreachable!("it is left alone")
    };
    assert_eq!(after.status, Status::Succeeded, "{after:?}");
}
