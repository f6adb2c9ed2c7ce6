//! Tasks and processes at the same time.

use crate::support::{open, session, shown};
use std::collections::BTreeSet;
use std::sync::Barrier;

const ANN: (&str, &str) = ("EMAIL", "ann@corp.example");

#[test]
fn tasks_that_meet_a_value_at_once_give_it_one_token() {
    let s = session();
    let start = Barrier::new(8);
    let tokens: BTreeSet<String> = std::thread::scope(|scope| {
        let task = || {
            start.wait();
            (0..50)
                .map(|n| shown(&s, &format!("u{n}@corp.example"), &[("EMAIL", &format!("u{n}@corp.example"))]))
                .collect()
        };
        let tasks: Vec<_> = (0..8).map(|_| scope.spawn(task)).collect();
        tasks.into_iter().flat_map(|task| -> Vec<String> { task.join().unwrap() }).collect()
    });
    assert_eq!((tokens.len(), s.len()), (50, 50));
}

#[test]
fn two_processes_share_tokens_and_see_what_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (open(folder.path()), open(folder.path()));
    let (a, b) = (first.session("s", 0).unwrap(), second.session("s", 0).unwrap());
    assert_eq!(shown(&a, ANN.1, &[ANN]), "[EMAIL_1]");
    assert_eq!(shown(&b, "bob@corp.example", &[("EMAIL", "bob@corp.example")]), "[EMAIL_2]");
    assert_eq!(shown(&b, "Ann@corp.example", &[]), "[EMAIL_1]");
    assert_eq!(a.restore("[EMAIL_1] [EMAIL_2]").unwrap(), "ann@corp.example bob@corp.example");
    assert_eq!(second.forget("s").unwrap(), 2);
    assert!(a.restore("[EMAIL_1]").is_err() && b.restore("[EMAIL_1]").is_err());
    // The old numbers stay unknown for good, and the two go on together.
    assert_eq!(shown(&a, ANN.1, &[ANN]), "[EMAIL_3]");
    assert_eq!(b.restore("[EMAIL_3]").unwrap(), ANN.1);
    assert!(b.restore("[EMAIL_1]").is_err());
}

#[test]
fn two_processes_that_meet_values_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    let work = |vault: &outboard_vault::Vault| -> Vec<String> {
        let s = vault.session("s", 0).unwrap();
        (0..40).map(|n| shown(&s, &format!("u{n}@corp.example"), &[("EMAIL", &format!("u{n}@corp.example"))])).collect()
    };
    let [a, b] = std::thread::scope(|scope| {
        let tasks = [0, 1].map(|_| scope.spawn(|| work(&open(folder.path()))));
        tasks.map(|task| task.join().unwrap())
    });
    assert_eq!(a, b);
    assert_eq!(a.iter().collect::<BTreeSet<_>>().len(), 40);
}
