//! Servers and clients that nobody here wrote, installed from their registries at pinned versions.

mod clients;
mod install;
mod servers;
mod sign_in;
