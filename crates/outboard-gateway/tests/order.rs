//! The order of the layers is a decision: changing it has to change this test.

use crate::support::bench;
use outboard_gateway::{Options, RunLimits};
use std::time::Duration;

#[test]
fn the_chain_stands_in_this_order() {
    let bench = bench(Options::default(), Duration::ZERO, RunLimits::default());
    assert_eq!(bench.gateway.order(), ["trace", "record", "validate", "authorize", "quota", "timeout"]);
}
