//! Tokens that only the holder of a key can use (DPoP, RFC 9449): a proof with every request, made for that request
//! alone.
//!
//! The key is made when a token is granted, and kept sealed beside it; who steals the token has nothing.

use crate::error::{AuthError, Reason};
use crate::secret;
use crate::store::now;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use outboard_types::Redacted;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

/// The only algorithm that is spoken here; every implementation knows it.
pub(crate) const ALGORITHM: &str = "ES256";

/// The word by which both kinds of servers ask for a nonce.
pub(crate) const WANTS_NONCE: &str = "use_dpop_nonce";

/// Longest nonce that is sent back.
const LONGEST: usize = 1_024;

/// A key of the curve P-256: its form PKCS#8, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ProofKey(#[serde(with = "secret::one")] Redacted<String>);

/// What one proof is for.
pub(crate) struct Use<'a> {
    /// The method of the request.
    pub(crate) method: &'a str,
    /// Its address.
    pub(crate) url: &'a Url,
    /// What the server wants to see in it.
    pub(crate) nonce: Option<&'a str>,
    /// The token that goes along.
    pub(crate) token: Option<&'a str>,
}

impl ProofKey {
    pub(crate) fn generate() -> Result<Self, AuthError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let made = made.map_err(|_| failed("no key could be made"))?;
        Ok(Self(Redacted::new(URL_SAFE_NO_PAD.encode(made.as_ref()))))
    }

    /// A proof for one request, never the same twice.
    pub(crate) fn proof(&self, Use { method, url, nonce, token }: &Use<'_>) -> Result<String, AuthError> {
        let der = URL_SAFE_NO_PAD.decode(self.0.expose()).map_err(|_| failed("its key is not readable"))?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
        let key = key.map_err(|_| failed("its key is not usable"))?;
        let header = json!({"typ": "dpop+jwt", "alg": ALGORITHM, "jwk": public(&key)?});
        let mut claims = json!({"jti": secret::random(), "htm": method, "htu": bare(url), "iat": now()});
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(token)));
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| failed("its key cannot sign"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}

/// The public half: two coordinates of 32 bytes after a byte that says so.
fn public(key: &EcdsaKeyPair) -> Result<Value, AuthError> {
    let point = key.public_key().as_ref();
    let (x, y) = match point {
        [4, rest @ ..] if rest.len() == 64 => rest.split_at(32),
        _ => return Err(failed("its key is of another kind")),
    };
    Ok(json!({"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)}))
}

/// An address without what a proof must not hold.
fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// A nonce as a server gave it, if it can be sent back.
pub(crate) fn usable(nonce: &str) -> bool {
    !nonce.is_empty() && nonce.len() <= LONGEST && nonce.bytes().all(|byte| byte.is_ascii_graphic())
}

fn failed(why: &str) -> AuthError {
    AuthError::new(Reason::NoToken, format!("the token cannot be proven to be ours: {why}"))
        .hint("sign in again; that makes a new key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_for_one_request_and_shows_the_public_half_alone() {
        let key = ProofKey::generate().unwrap();
        let url: Url = "https://u:p@mcp.example/mcp?secret=1#x".parse().unwrap();
        // The token of the example in RFC 9449, section 7.1.
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        let made = Use { method: "POST", url: &url, nonce: Some("n"), token: Some(token) };
        let (one, two) = (key.proof(&made).unwrap(), key.proof(&made).unwrap());
        assert_ne!(one, two);
        let header = jsonwebtoken::decode_header(&one).unwrap();
        assert_eq!((header.typ.as_deref(), header.alg), (Some("dpop+jwt"), jsonwebtoken::Algorithm::ES256));
        let jwk = header.jwk.unwrap();
        let mut wanted = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
        wanted.required_spec_claims.clear();
        let read = jsonwebtoken::decode::<Value>(&one, &jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap(), &wanted);
        let claims = read.unwrap().claims;
        assert_eq!((&claims["htm"], &claims["htu"]), (&json!("POST"), &json!("https://mcp.example/mcp")));
        assert_eq!(
            (&claims["nonce"], &claims["ath"]),
            (&json!("n"), &json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"))
        );
        assert!(!one.contains(key.0.expose().as_str()) && !format!("{key:?}").contains(key.0.expose().as_str()));
    }

    #[test]
    fn a_strangers_nonce_is_looked_at() {
        assert!(usable("abc-123"));
        assert!(!usable("") && !usable("a b") && !usable("a\r\nX: y") && !usable(&"x".repeat(2_000)));
    }

    #[test]
    fn a_key_that_was_tampered_with_is_told() {
        let url: Url = "https://mcp.example/".parse().unwrap();
        let made = Use { method: "GET", url: &url, nonce: None, token: None };
        for text in ["", "!", "AAAA"] {
            assert_eq!(ProofKey(Redacted::new(text.into())).proof(&made).unwrap_err().reason, Reason::NoToken);
        }
    }
}
