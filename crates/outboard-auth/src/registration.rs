//! How an authorization server knows us: by a name from the settings, by the address of a document, or by a name
//! that it gives us.

use crate::address::Reach;
use crate::assertion::ClientKey;
use crate::client::{ClientSettings, Grant};
use crate::error::{AuthError, Reason, harmless};
use crate::http::{Http, Request};
use crate::metadata::{self, ServerMetadata};
use crate::secret;
use outboard_types::Redacted;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

/// What we are called in registrations.
const NAME: &str = "Outboard";

/// How we show who we are at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMethod {
    None,
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

/// Our name at one authorization server; never used at another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) issuer: String,
    pub(crate) id: String,
    #[serde(default, with = "secret::maybe", skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<Redacted<String>>,
    pub(crate) method: AuthMethod,
    /// What signs for us, with [`AuthMethod::PrivateKeyJwt`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<ClientKey>,
    /// Where answers go, if the server gave us the name for that address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redirect: Option<String>,
}

#[derive(Deserialize)]
struct Registered {
    client_id: String,
    client_secret: Option<String>,
    token_endpoint_auth_method: Option<String>,
}

/// The name that needs no registration, where there is one.
pub(crate) fn known(server: &ServerMetadata, settings: &ClientSettings) -> Result<Option<Client>, AuthError> {
    let issuer = server.issuer.clone();
    if let Some(id) = &settings.client_id {
        if settings.client_secret.is_some() && settings.issuer.is_none() {
            let text = "a client secret is configured without the issuer that it is for";
            return Err(AuthError::new(Reason::IssuerMismatch, text)
                .hint(format!("set `oauth.issuer = {issuer:?}` if that is who gave the secret")));
        }
        let (id, key) = (id.clone(), settings.client_key.clone());
        let secret = settings.client_secret.clone().filter(|_| key.is_none());
        let method = match (&key, &secret) {
            (Some(_), _) => AuthMethod::PrivateKeyJwt,
            (None, Some(_)) => with_secret(server),
            (None, None) => AuthMethod::None,
        };
        return Ok(Some(Client { issuer, id, secret, method, key, redirect: None }));
    }
    let document = settings.client_metadata.clone().filter(|_| server.client_id_metadata_document_supported);
    Ok(document.map(|id| Client { issuer, id, secret: None, method: AuthMethod::None, key: None, redirect: None }))
}

/// A client that somebody registered by hand.
pub(crate) fn by_hand(server: &ServerMetadata, id: &str, secret: Option<Redacted<String>>) -> Client {
    let method = if secret.is_some() { with_secret(server) } else { AuthMethod::None };
    Client { issuer: server.issuer.clone(), id: id.to_owned(), secret, method, key: None, redirect: None }
}

fn with_secret(server: &ServerMetadata) -> AuthMethod {
    match server.takes("client_secret_post") && !server.takes("client_secret_basic") {
        true => AuthMethod::ClientSecretPost,
        false => AuthMethod::ClientSecretBasic,
    }
}

/// The ways to show who we are, the one without a secret first.
fn wanted(server: &ServerMetadata) -> AuthMethod {
    if server.takes("none") { AuthMethod::None } else { with_secret(server) }
}

/// Asks the authorization server for a name (RFC 7591).
pub(crate) async fn register(
    http: &dyn Http,
    server: &ServerMetadata,
    reach: Reach,
    redirect: Option<&str>,
) -> Result<Client, AuthError> {
    let none = || {
        AuthError::new(Reason::NoRegistration, format!("{} registers no clients", harmless(&server.issuer)))
            .hint("register Outboard there by hand and give `oauth.client_id` and `oauth.issuer` of the server")
    };
    let endpoint = server.registration_endpoint.as_deref().ok_or_else(none)?;
    let url = Url::parse(endpoint).map_err(|_| none())?;
    let method = wanted(server);
    let reply = http.send(Request::json(url, wishes(method, redirect), reach)).await?;
    if !matches!(reply.status, 200 | 201) {
        let text = format!("the registration was refused with HTTP {}: {}", reply.status, said(&reply.body));
        return Err(AuthError::new(Reason::NoRegistration, text));
    }
    let given: Registered = metadata::read(&reply.body, "the answer to the registration")?;
    let method = match given.token_endpoint_auth_method.as_deref() {
        Some("none") => AuthMethod::None,
        Some("client_secret_post") => AuthMethod::ClientSecretPost,
        Some("client_secret_basic") => AuthMethod::ClientSecretBasic,
        Some(other) => {
            let text = format!("the registration asks for {:?}, which is not spoken here", harmless(other));
            return Err(AuthError::new(Reason::NoRegistration, text));
        }
        None => method,
    };
    let secret = given.client_secret.filter(|_| method != AuthMethod::None).map(Redacted::new);
    let redirect = redirect.map(str::to_owned);
    Ok(Client { issuer: server.issuer.clone(), id: given.client_id, secret, method, key: None, redirect })
}

fn wishes(method: AuthMethod, redirect: Option<&str>) -> String {
    let mut grants = vec!["authorization_code", "refresh_token"];
    if redirect.is_none() {
        grants.push("urn:ietf:params:oauth:grant-type:device_code");
    }
    json!({
        "client_name": NAME,
        "application_type": "native",
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "redirect_uris": redirect.into_iter().collect::<Vec<_>>(),
    })
    .to_string()
}

/// What an error answer says, as far as it may be shown.
pub(crate) fn said(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Said {
        error: String,
        #[serde(default)]
        error_description: String,
    }
    match serde_json::from_slice::<Said>(body) {
        Ok(said) if said.error_description.is_empty() => harmless(&said.error),
        Ok(said) => format!("{}, {:?}", harmless(&said.error), harmless(&said.error_description)),
        Err(_) => "no reason that can be read".to_owned(),
    }
}

/// Whether the settings want tokens without a person.
pub(crate) fn is_ours(settings: &ClientSettings) -> bool {
    settings.grant != Grant::Person
}
