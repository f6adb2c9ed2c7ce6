//! The client against scripted servers that misbehave in the ways real ones do.

mod eras;
mod failures;
mod http;
mod listings;
mod processes;
mod replaced;
mod speed;
mod support;
