//! Who may come in over a port, and as whom: the operator's token, tokens of principals, and those of an
//! authorization server that the operator trusts.

use super::{PRINCIPAL, Refusal};
use axum::http::{HeaderMap, HeaderValue, header};
use outboard_auth::{Refused, Resource, Tokens};
use outboard_types::{Digest, Principal, Redacted};
use serde_json::Value;
use std::sync::Arc;

/// Where a protected resource publishes what it is (RFC 9728).
pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Who may come in.
#[derive(Debug)]
pub struct Gate {
    /// The digest, so that comparing takes the same time whatever was sent.
    operator: Digest,
    tokens: Option<Tokens>,
    resource: Option<Protected>,
    hosts: Vec<String>,
}

#[derive(Debug)]
struct Protected {
    resource: Resource,
    /// The whole address of the metadata.
    metadata: String,
}

impl Gate {
    /// Lets in who has the operator's token.
    pub fn new(operator: &Redacted<String>) -> Self {
        Self { operator: Digest::of(operator.expose()), tokens: None, resource: None, hosts: Vec::new() }
    }

    /// Lets principals in with tokens of their own.
    pub fn with_tokens(self, tokens: Tokens) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    /// Lets in whom an authorization server sends; `metadata` is the address of what we publish about that.
    pub fn with_resource(self, resource: Resource, metadata: String) -> Self {
        Self { resource: Some(Protected { resource, metadata }), ..self }
    }

    /// Names under which clients reach us besides the address that is listened on.
    pub fn with_hosts(self, hosts: Vec<String>) -> Self {
        Self { hosts, ..self }
    }

    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// What we publish about ourselves.
    pub(super) fn metadata(&self) -> Option<Value> {
        self.resource.as_ref().map(|protected| protected.resource.metadata())
    }

    /// Whether this is the operator's own token.
    pub(super) fn is_operator(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| Digest::of(token) == self.operator)
    }

    /// As whom a request is made.
    pub(super) async fn principal(&self, headers: &HeaderMap) -> Result<Principal, Refusal> {
        if self.is_operator(headers) {
            return Ok(Principal(PRINCIPAL.into()));
        }
        let Some(token) = bearer(headers) else { return Err(self.refuse(None)) };
        if let Some(principal) = self.tokens.as_ref().and_then(|tokens| tokens.holder(token)) {
            return Ok(principal);
        }
        match &self.resource {
            Some(protected) => protected.resource.principal(token).await.map_err(|refused| self.refuse(Some(refused))),
            None => Err(self.refuse(Some(Refused::Invalid("it is not known, over or revoked")))),
        }
    }

    fn refuse(&self, refused: Option<Refused>) -> Refusal {
        let mut parts = Vec::new();
        let mut say = |name: &str, text: &str| parts.push(format!("{name}=\"{}\"", text.replace(['"', '\\'], "")));
        let scopes = self.resource.iter().flat_map(|protected| protected.resource.scopes()).cloned();
        let asked = scopes.collect::<Vec<_>>().join(" ");
        match &refused {
            None => {}
            Some(Refused::Invalid(why)) => {
                say("error", "invalid_token");
                say("error_description", why);
            }
            Some(Refused::Scope(_)) => say("error", "insufficient_scope"),
            Some(Refused::Unavailable) => return Refusal::Unavailable,
        }
        if !asked.is_empty() {
            say("scope", &asked);
        }
        if let Some(protected) = &self.resource {
            say("resource_metadata", &protected.metadata);
        }
        let challenge = format!("Bearer {}", parts.join(", "));
        let challenge = HeaderValue::from_str(challenge.trim()).unwrap_or(HeaderValue::from_static("Bearer"));
        match refused {
            Some(Refused::Scope(_)) => Refusal::Scope(challenge),
            Some(Refused::Invalid(why)) => Refusal::Unauthorized(challenge, why),
            _ => Refusal::Unauthorized(challenge, "there is none"),
        }
    }
}

/// A request for the operator alone.
impl super::Http {
    /// Whether this is the operator: who may answer questions to people and read metrics.
    pub(in crate::server) async fn admit_operator(self: &Arc<Self>, headers: &HeaderMap) -> Result<(), Refusal> {
        let principal = self.admit(headers).await?;
        match &self.gate {
            Some(gate) if !gate.is_operator(headers) => {
                tracing::warn!(principal = &*principal.0, "was refused what is the operator's");
                Err(Refusal::NotOperator)
            }
            _ => Ok(()),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
