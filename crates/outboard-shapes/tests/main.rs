//! What shapes promise.

mod learning;
