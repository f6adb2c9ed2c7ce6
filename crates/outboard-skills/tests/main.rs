//! The library as a whole: crashes, several at once, precedence, copies.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod copies;
mod crashes;
mod many;
mod places;
mod support;
mod waiting;
