//! A replayed program finds its calls again, wherever its history breaks off.

use crate::samples::id;
use outboard_journal::{CallKey, Completion, Effect, History, Intent, Keys, Match, Matcher};
use proptest::prelude::*;

type Request = (u8, u8, u8);

fn key(keys: &mut Keys, (branch, tool, arguments): Request) -> CallKey {
    keys.next(&format!("{}", branch % 3), "s", &format!("t{}", tool % 2), &format!("{}", arguments % 3))
}

/// The history of these requests, of which those are answered whose number is in `answered`, in that order.
fn history(requests: &[Request], answered: &[usize]) -> History {
    let mut keys = Keys::default();
    let intents = requests.iter().enumerate().map(|(at, request)| Intent {
        execution: id(1),
        number: at as u64 + 1,
        at_ms: 0,
        key: key(&mut keys, *request),
        arguments: format!("{}", request.2 % 3).into(),
        effect: if request.1.is_multiple_of(2) { Effect::Effectful } else { Effect::Repeatable },
    });
    let intents = intents.collect();
    let events = answered.iter().enumerate().map(|(order, at)| {
        let outcome = Ok(format!("answer {at}").into());
        Completion { execution: id(1), number: *at as u64 + 1, order: order as u64 + 1, at_ms: 0, outcome }.into()
    });
    History { intents, events: events.collect() }
}

/// Requests, and a selection of them in some order.
fn runs() -> impl Strategy<Value = (Vec<Request>, Vec<usize>)> {
    prop::collection::vec(any::<Request>(), 1..30).prop_flat_map(|requests| {
        let all: Vec<usize> = (0..requests.len()).collect();
        let some = prop::sample::subsequence(all, 0..=requests.len()).prop_shuffle();
        (Just(requests), some)
    })
}

proptest! {
    #[test]
    fn every_recorded_call_is_found_once_and_then_all_is_new((requests, answered) in runs()) {
        let mut matcher = Matcher::new(history(&requests, &answered));
        let mut keys = Keys::default();
        for (at, request) in requests.iter().enumerate() {
            match matcher.request(&key(&mut keys, *request)) {
                Match::Recorded { call, order, outcome } => {
                    prop_assert_eq!(call, at as u64 + 1);
                    prop_assert_eq!(answered[order as usize - 1], at);
                    prop_assert_eq!(outcome, Ok(format!("answer {at}").into()));
                }
                Match::InFlight { intent, repeatable } => {
                    prop_assert_eq!(intent.number, at as u64 + 1);
                    prop_assert!(!answered.contains(&at));
                    prop_assert_eq!(repeatable, !request.1.is_multiple_of(2));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        for order in 1..=answered.len() as u64 {
            prop_assert_eq!(matcher.due().map(|event| event.order), Some(order));
        }
        prop_assert!(matcher.due().is_none() && !matcher.is_replaying());
        prop_assert_eq!(matcher.request(&key(&mut keys, (0, 0, 0))), Match::New);
    }

    #[test]
    fn another_call_than_the_recorded_one_is_a_mismatch((requests, answered) in runs(), at in any::<prop::sample::Index>()) {
        let at = at.index(requests.len());
        let mut matcher = Matcher::new(history(&requests, &answered));
        let mut keys = Keys::default();
        for request in &requests[..at] {
            matcher.request(&key(&mut keys, *request));
        }
        let found = CallKey { tool: "other".to_owned(), ..key(&mut keys, requests[at]) };
        let Match::Mismatch(mismatch) = matcher.request(&found) else {
            return Err(TestCaseError::fail("it went unnoticed"));
        };
        prop_assert_eq!(mismatch.expected.number, at as u64 + 1);
        prop_assert_eq!(&mismatch.found, &found);
        prop_assert!(mismatch.to_string().contains("s.other"));
    }

    #[test]
    fn nothing_is_delivered_before_it_was_asked_for((requests, answered) in runs()) {
        let mut matcher = Matcher::new(history(&requests, &answered));
        let mut keys = Keys::default();
        for (asked, request) in requests.iter().enumerate() {
            while let Some(event) = matcher.due() {
                prop_assert!(answered[event.order as usize - 1] < asked);
            }
            matcher.request(&key(&mut keys, *request));
        }
    }
}
