//! Files of every client, written by hand for these tests: read, changed, changed back, and broken.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod changed;
mod fixtures;
mod hostile;
mod said;
mod settings;
