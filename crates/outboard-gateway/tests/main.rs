//! The chain against a scripted upstream.

mod layers;
mod order;
mod support;
