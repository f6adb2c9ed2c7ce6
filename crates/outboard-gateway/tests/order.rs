//! The order of the layers is a decision: changing it has to change this test.

use crate::support::{Bench, open};

#[test]
fn the_chain_stands_in_this_order() {
    let expected = [
        "trace",
        "record",
        "cancel",
        "privacy",
        "validate",
        "authorize",
        "quota",
        "deadline",
        "retry",
        "bulkhead",
        "breaker",
        "timeout",
    ];
    assert_eq!(Bench::new(open()).gateway.order(), expected);
}
