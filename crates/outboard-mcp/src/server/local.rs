//! The server without a transport, for an agent in the same process: the same requests, the same answers.

use super::client::Agent;
use super::questions::Elicitation;
use super::service::{Caller, Service};
use crate::rpc::RpcError;
use outboard_types::{CancellationToken, ErrorCode, Principal, ToolError};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

impl Caller {
    /// One within this process: nobody behind it can be asked or told anything.
    pub fn within(principal: Principal, cancel: CancellationToken) -> Self {
        Self {
            principal,
            cancel,
            lost: CancellationToken::new(),
            progress: None,
            elicitation: Elicitation::Unable,
            http_trace: None,
            agent: Agent::silent(),
            client: None,
            request: Value::Null,
        }
    }
}

impl Service {
    /// The definitions that `tools/list` answers with.
    pub async fn tools(&self, caller: Caller) -> Result<Vec<Value>, ToolError> {
        let mut listed = self.handle("tools/list", None, caller).await.map_err(|error| refused(&error))?;
        Ok(if let Value::Array(tools) = listed["tools"].take() { tools } else { Vec::new() })
    }

    /// The result that `tools/call` answers with. `traceparent` names the caller's own trace.
    pub async fn call_tool(
        &self,
        name: &str,
        arguments: &Value,
        traceparent: Option<&str>,
        caller: Caller,
    ) -> Result<Value, ToolError> {
        let mut params = json!({"name": name, "arguments": arguments});
        if let Some(traceparent) = traceparent {
            params["_meta"] = json!({"traceparent": traceparent});
        }
        let params = to_raw_value(&params).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))?;
        self.handle("tools/call", Some(&params), caller).await.map_err(|error| refused(&error))
    }
}

fn refused(error: &RpcError) -> ToolError {
    ToolError::new(ErrorCode::InvalidRequest, error.message.clone())
}
