//! Ranking on larger labelled sets, where the folder that holds them is present.

use outboard_search::{LabelledSet, evaluate};
use std::path::PathBuf;

/// Where a set is absent there is nothing to measure; the fixture's expectations stand in any case.
#[test]
fn ranking_has_not_become_worse() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "..", "shared", "eval", "search"].iter().collect();
    for (set, floor) in [("mcpagentbench", 90.5), ("mcptoolbenchpp", 84.0)] {
        if folder.join(set).is_dir() {
            let set = LabelledSet::read(&folder.join(set)).unwrap();
            let report = evaluate(&set.tools, &set.queries);
            assert!(report.recall_at_5 >= floor, "R@5 was at least {floor}:\n{report}");
        }
    }
}
