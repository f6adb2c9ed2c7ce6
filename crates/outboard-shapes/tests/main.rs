//! What shapes promise.

mod bounds;
mod laws;
mod learning;
mod recorded;
mod rendering;
mod secrets;
mod store;
mod support;
