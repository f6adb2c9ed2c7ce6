//! The real checkers of both languages over our own definitions.

use crate::fixture::nasty;
use crate::judging::cases::{self, Amount};
use crate::judging::{Side, checkers, report};
use outboard_catalog::Catalogue;
use outboard_codegen::generate;
use std::path::Path;

/// Modules without errors, and values judged as the schemas judge them. `JUDGE_TOOLS` names a folder where
/// both checkers are installed; without it they are installed once.
fn judged(side: Side) {
    let catalogue = Catalogue::build(1, nasty());
    let cases = cases::of(&catalogue, Amount { made: 8, spoilt: 40 });
    let tools = checkers::tools(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("checkers"));
    let folder = tempfile::tempdir().unwrap();
    let report = report::judged(&generate(&catalogue), &cases, side, &tools, folder.path());
    println!("{side:?}: {report}\n{}", report.disagreements.join("\n"));
    assert_eq!(report.errors, [""; 0]);
    assert!(report.valid > 50 && report.invalid > 200, "{report}");
    assert!(report.agreement() >= 99.0, "{report}\n{}", report.disagreements.join("\n"));
    assert_eq!(report.unsaid, report.unsaid_taken, "{}", report.disagreements.join("\n"));
}

#[test]
fn typescript_takes_and_refuses_what_the_schemas_do() {
    judged(Side::TypeScript);
}

#[test]
fn pyright_takes_and_refuses_what_the_schemas_do() {
    judged(Side::Python);
}
