//! The client against checkers that are hostile on purpose. The real ones are asked by the tests of the whole program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod hostile;
