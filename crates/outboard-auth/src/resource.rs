//! We as a protected resource: access tokens of an authorization server that the operator trusts.
//!
//! A token counts if it is signed by a key of the issuer, with an algorithm that has a public key, was made for us,
//! and is neither over nor early. Keys are fetched when needed and remembered; an unknown one is looked for anew,
//! but not more often than every half minute, whoever sends nonsense.

use crate::address::{belongs, checked};
use crate::discovery::{authorization_server, reach};
use crate::error::{AuthError, Reason, harmless};
use crate::http::{Http, Request};
use crate::metadata;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use outboard_types::Principal;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

/// Algorithms whose keys are public. `none` is not known at all, and those with shared secrets are not here.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// A longer token is not read.
const LONGEST: usize = 16 << 10;
/// Keys that are older are fetched again, unless said otherwise.
const OLD: Duration = Duration::from_secs(3_600);
/// Keys are not fetched more often, unless said otherwise.
const PAUSE: Duration = Duration::from_secs(30);
/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 30;
/// Those who call from this machine; nobody else can be called so.
const RESERVED: [&str; 2] = ["local", "http"];

/// What is configured about us as a resource.
#[derive(Debug, Clone)]
pub struct ResourceSettings {
    /// Who issues the tokens.
    pub issuer: String,
    /// Who they are for: us.
    pub audience: String,
    /// The claim that names the principal.
    pub claim: String,
    /// Scopes that every token has to have.
    pub scopes: Vec<String>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is none, is over, or is not for us.
    Invalid(&'static str),
    /// It lacks a scope.
    Scope(Vec<String>),
    /// The keys of the issuer are not to be had at the moment.
    Unavailable,
}

/// The keys of an issuer.
pub struct KeySet {
    http: Arc<dyn Http>,
    issuer: String,
    old: Duration,
    pause: Duration,
    state: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    keys: Arc<Vec<Jwk>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// We as a resource.
#[derive(Debug)]
pub struct Resource {
    settings: ResourceSettings,
    keys: KeySet,
}

impl Resource {
    /// Trusts this issuer; nothing is fetched yet.
    pub fn new(http: Arc<dyn Http>, settings: ResourceSettings) -> Self {
        let issuer = settings.issuer.clone();
        Self { keys: KeySet { http, issuer, old: OLD, pause: PAUSE, state: Mutex::default() }, settings }
    }

    /// Fetches keys that are `old` again, and never more often than after each `pause`.
    pub fn with_patience(mut self, old: Duration, pause: Duration) -> Self {
        (self.keys.old, self.keys.pause) = (old, pause);
        self
    }

    /// What we publish about ourselves (RFC 9728).
    pub fn metadata(&self) -> Value {
        let ResourceSettings { issuer, audience, scopes, .. } = &self.settings;
        let mut metadata = json!({
            "resource": audience,
            "authorization_servers": [issuer],
            "bearer_methods_supported": ["header"],
            "resource_name": "Outboard",
        });
        if !scopes.is_empty() {
            metadata["scopes_supported"] = json!(scopes);
        }
        metadata
    }

    /// The scopes that every token has to have.
    pub fn scopes(&self) -> &[String] {
        &self.settings.scopes
    }

    /// On whose authority a request with this token is made.
    ///
    /// # Errors
    ///
    /// The token is not taken.
    pub async fn principal(&self, token: &str) -> Result<Principal, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::Invalid("it is too long"));
        }
        let header = decode_header(token).map_err(|_| Refused::Invalid("it is no JWT of a kind that is taken"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Refused::Invalid("its algorithm is not one with a public key"));
        }
        let keys = self.keys.fitting(header.kid.as_deref(), header.alg).await?;
        let claims = keys.iter().find_map(|key| self.claims(token, key, header.alg).transpose());
        let claims = claims.unwrap_or(Err(Refused::Invalid("no key of its issuer has signed it")))?;
        self.check_scopes(&claims)?;
        let name = claims[&self.settings.claim].as_str().unwrap_or_default();
        let plain = !name.is_empty() && name.len() <= 200 && !name.chars().any(char::is_control);
        if !plain || RESERVED.contains(&name) {
            return Err(Refused::Invalid("it names no principal"));
        }
        Ok(Principal(name.into()))
    }

    /// The claims, if this key signed them; an error if it did and they are not for us.
    fn claims(&self, token: &str, key: &Jwk, algorithm: Algorithm) -> Result<Option<Value>, Refused> {
        use jsonwebtoken::errors::ErrorKind;
        let Ok(key) = DecodingKey::from_jwk(key) else { return Ok(None) };
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        match decode::<Value>(token, &key, &validation) {
            Ok(data) => Ok(Some(data.claims)),
            Err(error) => Err(Refused::Invalid(match error.kind() {
                ErrorKind::ExpiredSignature => "it is over",
                ErrorKind::ImmatureSignature => "it is not good yet",
                ErrorKind::InvalidAudience => "it is for somebody else",
                ErrorKind::InvalidIssuer => "somebody else issued it",
                ErrorKind::MissingRequiredClaim(_) => "it lacks exp, iss or aud",
                _ => return Ok(None),
            })),
        }
    }

    fn check_scopes(&self, claims: &Value) -> Result<(), Refused> {
        let text = claims["scope"].as_str().unwrap_or_default();
        let list = claims["scp"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let has: Vec<&str> = text.split_ascii_whitespace().chain(list).collect();
        match self.settings.scopes.iter().all(|scope| has.contains(&scope.as_str())) {
            true => Ok(()),
            false => Err(Refused::Scope(self.settings.scopes.clone())),
        }
    }
}

impl KeySet {
    /// The keys that may have signed; fetched anew where none fits.
    async fn fitting(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<Vec<Jwk>, Refused> {
        let mut state = self.state.lock().await;
        let fits = |keys: &[Jwk]| keys.iter().filter(|key| may_sign(key, kid, algorithm)).cloned().collect::<Vec<_>>();
        let found = fits(&state.keys);
        let fresh = state.fetched.is_some_and(|at| at.elapsed() < self.old);
        let may_try = state.tried.is_none_or(|at| at.elapsed() >= self.pause);
        if (!found.is_empty() && fresh) || !may_try {
            return answer(found, &state);
        }
        state.tried = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => (state.keys, state.fetched) = (Arc::new(keys), Some(Instant::now())),
            // Those that are known stay good: an issuer that is down for an hour locks nobody out.
            Err(error) => tracing::warn!(%error, "the keys of the issuer could not be fetched"),
        }
        answer(fits(&state.keys), &state)
    }

    async fn fetch(&self) -> Result<Vec<Jwk>, AuthError> {
        #[derive(serde::Deserialize)]
        struct Place {
            jwks_uri: String,
        }
        let issuer =
            Url::parse(&self.issuer).map_err(|_| AuthError::new(Reason::BadMetadata, "the issuer is no address"))?;
        let reach = reach(&*self.http, &issuer).await;
        let (_, body) = authorization_server(&*self.http, &self.issuer, reach).await?;
        let place: Place = metadata::read(&body, "the issuer's metadata")?;
        let url = checked(&place.jwks_uri, "the address of the keys", reach)?;
        if !belongs(&url, &issuer, &[]) {
            let text = format!("the keys are at another host: {}", harmless(url.as_str()));
            return Err(AuthError::new(Reason::ForeignAddress, text));
        }
        let reply = self.http.send(Request::get(url, reach)).await?;
        if reply.status != 200 {
            return Err(AuthError::new(
                Reason::Unreachable,
                format!("the keys were refused with HTTP {}", reply.status),
            ));
        }
        // Keys of kinds that are not known here are no reason to do without the others.
        let all: Value = metadata::read(&reply.body, "the keys")?;
        let keys = all["keys"].as_array().cloned().unwrap_or_default();
        let set = JwkSet { keys: keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() };
        Ok(set.keys)
    }
}

fn answer(found: Vec<Jwk>, state: &Keys) -> Result<Vec<Jwk>, Refused> {
    match found.is_empty() && state.fetched.is_none() {
        true => Err(Refused::Unavailable),
        false => Ok(found),
    }
}

/// A key of the right name, for signatures, and for this algorithm if it names one. Never a shared secret.
fn may_sign(key: &Jwk, kid: Option<&str>, algorithm: Algorithm) -> bool {
    let named = key.common.key_algorithm.map(|known| known.to_string());
    let algorithm = format!("{algorithm:?}");
    !matches!(key.algorithm, AlgorithmParameters::OctetKey(_))
        && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
        && named.is_none_or(|named| named == algorithm)
        && !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption))
}
