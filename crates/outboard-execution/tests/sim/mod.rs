//! The simulated world: everything that a durable execution meets, with nothing left to chance but one seed.
//!
//! The clock is paused and jumps, the disk writes when it is told to, workers are futures, servers are functions
//! of their arguments. A crash drops the whole runtime; only the platter and what servers did outlive it.

pub(crate) mod dice;
pub(crate) mod guest;
pub(crate) mod host;
pub(crate) mod laws;
pub(crate) mod shape;
pub(crate) mod world;
