//! Thousands of programs that wait for days: they cost memory and rows, neither workers nor places.

use crate::sim::dice::Dice;
use crate::sim::host::{Plan, Stage, Story, request, spin};
use crate::sim::shape::Shape;
use crate::sim::world::Tool;
use outboard_execution::Executions;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `OUTBOARD_SUSPENDED=10000` suspends so many.
const MANY: usize = 1_000;

/// Ten days.
const LONG: u64 = 864_000_000;

#[test]
fn thousands_of_suspended_programs_hold_no_worker_and_leave_room() {
    let mut stage = Stage::new();
    let shape = Shape::Then(vec![Shape::Call(Tool::Add, 1), Shape::Timer(LONG), Shape::Call(Tool::Put, 2)]);
    let story = Story::new(shape, 4, 0);
    let many = std::env::var("OUTBOARD_SUSPENDED").map_or(MANY, |text| text.parse().expect("a number"));
    let before = resident();
    let began = Instant::now();
    stage.process(|stage, runtime, journal, mut disk| {
        let entered = runtime.enter();
        let executions = story.executions(stage, journal, &plan());
        drop(entered);
        runtime.block_on(beside(&mut disk, async {
            for _ in 0..many / 100 {
                let started: Vec<_> = (0..100).map(|_| executions.start(request()).unwrap()).collect();
                quiet(&executions).await;
                assert!(started.iter().all(|handle| handle.progress().borrow().calls <= 2));
            }
        }));
        println!(
            "{many} begun and suspended in {:.1?}, {} KiB of memory each",
            began.elapsed(),
            (resident() - before) / many
        );
    });
    let again = Instant::now();
    stage.process(|stage, runtime, journal, mut disk| {
        let entered = runtime.enter();
        let executions = story.executions(stage, journal, &plan());
        drop(entered);
        runtime.block_on(beside(&mut disk, async {
            let found = executions.recover().await.unwrap();
            assert_eq!(found.resumed.len(), many);
            println!("taken over after {:.1?}", again.elapsed());
            executions.start(request()).expect("there is room for new programs at once");
            quiet(&executions).await;
            println!("all caught up and suspended again after {:.1?}", again.elapsed());
        }));
    });
    assert_eq!(story.world.all_done(Tool::Add), [(1, many as u32 + 1)], "each once");
}

fn plan() -> Plan {
    Plan { lag: 1, patience: 50, ..Plan::default() }
}

/// Runs something beside a disk that writes.
async fn beside(disk: &mut outboard_journal::Disk, work: impl Future<Output = ()>) {
    let (mut dice, mut writes, plan) = (Dice::new(1), 0, plan());
    tokio::select! {
        () = spin(disk, &plan, &mut dice, &mut writes) => unreachable!("nothing ends it"),
        () = work => {}
    }
}

/// Waits until every program only waits, without a worker and without a place.
async fn quiet(executions: &Arc<Executions>) {
    while executions.busy() > 0 || executions.queued() > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// KiB of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
