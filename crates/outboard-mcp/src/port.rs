//! The gateway's port to upstreams, provided by the MCP client.

use crate::client::Upstreams;
use outboard_gateway::{Answer, Permit, Upstream};
use outboard_types::Call;

impl Upstream for Upstreams {
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a> {
        // The permit is used up here: holding one is what allows this call.
        Box::pin(async move { self.call_timed(call, permit.clock()).await })
    }
}
