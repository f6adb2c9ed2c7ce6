//! The cheaper way for each task, chosen before it is done.
//!
//! What is known then: the definitions, which are in the catalogue; how many calls the task takes, which the one
//! who asks can tell; and how large such calls usually are, which the journal has of earlier ones. Here the
//! direct way was gone before and stands for those earlier calls.

use outboard_ledger::{Expected, Forecast, TokenCounter, Way, choose};

/// Bytes of a token of JSON, roughly: the journal has sizes in bytes.
const BYTES: f64 = 4.0;

/// Which way to go. `definitions` are those of the servers, `ours` what a program's model is given.
pub(crate) fn chosen(counter: &dyn TokenCounter, definitions: &[String], ours: &[String], sizes: &[Expected]) -> Way {
    let tokens = |texts: &[String]| texts.iter().map(|text| counter.count(text)).sum();
    let in_tokens =
        |each: &Expected| Expected { arguments: each.arguments / BYTES, result: each.result / BYTES, ..*each };
    let sizes: Vec<_> = sizes.iter().map(in_tokens).collect();
    choose(&Forecast::direct(tokens(definitions), &sizes), &Forecast::code(tokens(ours), &sizes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_ledger::Estimate;

    #[test]
    fn sizes_in_bytes_decide() {
        let (few, ours) = (vec!["x".repeat(1_000)], vec!["x".repeat(2_000)]);
        let each = Expected { calls: 2, together: true, arguments: 60.0, result: 120.0 };
        assert_eq!(chosen(&Estimate, &few, &ours, &[each]), Way::Direct);
        assert_eq!(chosen(&Estimate, &few, &ours, &[Expected { result: 90_000.0, ..each }]), Way::Code);
        assert_eq!(chosen(&Estimate, &["x".repeat(900_000)], &ours, &[each]), Way::Code);
    }
}
