//! What resources and authorization servers publish about themselves.

use crate::error::{AuthError, Reason};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Of a protected resource (RFC 9728).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ResourceMetadata {
    pub(crate) resource: String,
    #[serde(default)]
    pub(crate) authorization_servers: Vec<String>,
    #[serde(default)]
    pub(crate) scopes_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) dpop_bound_access_tokens_required: Option<bool>,
    #[serde(default)]
    pub(crate) dpop_signing_alg_values_supported: Option<Vec<String>>,
}

/// Of an authorization server (RFC 8414, or OpenID Connect discovery).
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ServerMetadata {
    pub(crate) issuer: String,
    #[serde(default)]
    pub(crate) authorization_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) token_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) registration_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) device_authorization_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) revocation_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) scopes_supported: Vec<String>,
    #[serde(default)]
    pub(crate) dpop_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    pub(crate) client_id_metadata_document_supported: bool,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl ResourceMetadata {
    /// Whether it takes tokens that are bound to a key.
    pub(crate) fn takes_proofs(&self) -> bool {
        self.dpop_bound_access_tokens_required == Some(true) || self.dpop_signing_alg_values_supported.is_some()
    }
}

impl ServerMetadata {
    /// Whether clients may show who they are in this way; without a list, only by HTTP Basic.
    pub(crate) fn takes(&self, method: &str) -> bool {
        match &self.token_endpoint_auth_methods_supported {
            Some(methods) => methods.iter().any(|known| known == method),
            None => method == "client_secret_basic",
        }
    }
}

/// Reads JSON from a stranger; no part of it is shown.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, AuthError> {
    serde_json::from_slice(body).map_err(|_| {
        AuthError::new(
            Reason::BadMetadata,
            format!("{what} cannot be understood: it is not the JSON that was expected"),
        )
    })
}
