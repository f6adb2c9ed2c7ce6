//! Who signs in where: accounts at servers, and issuers whose tokens we take.

use crate::written::Given;
use outboard_types::Redacted;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How a server is signed in to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountSettings {
    /// The account that is used.
    pub account: Option<String>,
    /// Whether each principal signs in alone.
    pub per_principal: bool,
    /// What is configured about OAuth.
    pub oauth: OauthSettings,
    /// The principals with credentials of their own.
    pub principals: BTreeMap<String, PrincipalSettings>,
}

/// What is configured about OAuth at one server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OauthSettings {
    /// The only issuer.
    pub issuer: Option<String>,
    /// Our name there.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Redacted<String>>,
    /// A file with its private key.
    pub client_key: Option<PathBuf>,
    /// The name of that key.
    pub client_key_id: Option<String>,
    /// The address of a document that stands for us.
    pub client_metadata: Option<String>,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// Who signs in.
    pub grant: OauthGrant,
    /// A file with the token for [`OauthGrant::JwtBearer`].
    pub assertion_file: Option<PathBuf>,
    /// The identity provider that exchanges that token first.
    pub exchange_issuer: Option<String>,
    /// Our name there.
    pub exchange_client_id: Option<String>,
    /// Its secret.
    pub exchange_client_secret: Option<Redacted<String>>,
    /// Hosts that endpoints may be at.
    pub hosts: Vec<String>,
}

/// Who signs in to a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OauthGrant {
    /// A person.
    #[default]
    Person,
    /// We ourselves, with a secret or a key.
    ClientCredentials,
    /// We ourselves, with a token that we were given.
    JwtBearer,
}

impl OauthSettings {
    /// What is missing for the grant.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match self.grant {
            OauthGrant::JwtBearer if self.assertion_file.is_none() => {
                Some("oauth.grant = \"jwt_bearer\" needs `oauth.assertion_file`, the file with the token")
            }
            OauthGrant::JwtBearer if self.exchange_issuer.is_some() != self.exchange_client_id.is_some() => {
                Some("oauth.exchange_issuer and oauth.exchange_client_id belong together; set both")
            }
            _ => None,
        }
    }
}

/// What one principal brings to a server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrincipalSettings {
    /// Headers over the server's.
    pub headers: BTreeMap<String, Redacted<String>>,
    /// Environment variables over the server's.
    pub env: BTreeMap<String, Redacted<String>>,
    /// The account.
    pub account: Option<String>,
}

/// Who may call us.
#[derive(Debug, Clone)]
pub struct ProtectionSettings {
    /// Whose access tokens are taken.
    pub issuer: Option<String>,
    /// Whom they are for.
    pub audience: Option<String>,
    /// The claim that names the principal.
    pub claim: String,
    /// Scopes that they need.
    pub scopes: Vec<String>,
    /// Names under which we are reached.
    pub hosts: Vec<String>,
}

impl Default for ProtectionSettings {
    fn default() -> Self {
        Self { issuer: None, audience: None, claim: "sub".into(), scopes: Vec::new(), hosts: Vec::new() }
    }
}

/// Takes a setting of a server that is about accounts.
pub(crate) fn account(accounts: &mut AccountSettings, key: &[&str], given: Given) {
    match (key, given) {
        (["account"], Given::Text(name)) => accounts.account = Some(name),
        (["per_principal"], Given::Flag(flag)) => accounts.per_principal = flag,
        (["oauth", key], given) => oauth(&mut accounts.oauth, key, given),
        (["principals", name, key], given) => {
            let principal = accounts.principals.entry((*name).to_owned()).or_default();
            match (*key, given) {
                ("headers", Given::Map(map)) => principal.headers = secret(map),
                ("env", Given::Map(map)) => principal.env = secret(map),
                ("account", Given::Text(name)) => principal.account = Some(name),
                _ => {}
            }
        }
        _ => {}
    }
}

fn secret(map: BTreeMap<String, String>) -> BTreeMap<String, Redacted<String>> {
    map.into_iter().map(|(key, value)| (key, Redacted::new(value))).collect()
}

fn oauth(oauth: &mut OauthSettings, key: &str, given: Given) {
    match (key, given) {
        ("issuer", Given::Text(text)) => oauth.issuer = Some(text),
        ("client_id", Given::Text(text)) => oauth.client_id = Some(text),
        ("client_secret", Given::Text(text)) => oauth.client_secret = Some(Redacted::new(text)),
        ("client_key_id", Given::Text(text)) => oauth.client_key_id = Some(text),
        ("client_metadata", Given::Text(text)) => oauth.client_metadata = Some(text),
        ("scopes", Given::List(list)) => oauth.scopes = list,
        ("grant", Given::Text(word)) => {
            oauth.grant = match word.as_str() {
                "client_credentials" => OauthGrant::ClientCredentials,
                "jwt_bearer" => OauthGrant::JwtBearer,
                _ => OauthGrant::Person,
            }
        }
        ("exchange_issuer", Given::Text(text)) => oauth.exchange_issuer = Some(text),
        ("exchange_client_id", Given::Text(text)) => oauth.exchange_client_id = Some(text),
        ("exchange_client_secret", Given::Text(text)) => oauth.exchange_client_secret = Some(Redacted::new(text)),
        ("hosts", Given::List(list)) => oauth.hosts = list,
        _ => {}
    }
}

/// Takes a setting of who may call us.
pub(crate) fn protection(protection: &mut ProtectionSettings, key: &str, given: Given) {
    match (key, given) {
        ("issuer", Given::Text(text)) => protection.issuer = Some(text),
        ("audience", Given::Text(text)) => protection.audience = Some(text),
        ("claim", Given::Text(text)) => protection.claim = text,
        ("scopes", Given::List(list)) => protection.scopes = list,
        _ => {}
    }
}
