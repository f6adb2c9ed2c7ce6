//! Exact token counts, for commands that show figures.

pub(crate) use outboard_ledger::O200k;
