//! Skills: all, one with its versions.

use super::Office;
use crate::commands::skills;
use crate::failure::Failure;
use serde_json::{Value, json};

/// Executions from which it is counted how much is reused.
const RUNS: usize = 300;

pub(super) fn all(office: &Office) -> Result<Value, Failure> {
    let mut shown = skills::stats(&office.parts.journal, &office.shelf, RUNS)?;
    shown["rows"] = json!(skills::rows(&office.shelf)?);
    Ok(shown)
}

pub(super) fn one(office: &Office, name: &str) -> Result<Value, Failure> {
    let mut shown = skills::shown(&office.shelf, name)?;
    shown["history"] = json!(skills::versions(&office.shelf, name)?);
    Ok(shown)
}
