//! Showing who we are with a private key (`private_key_jwt`, RFC 7523): a short-lived statement, made anew for each
//! request, that nobody but this authorization server takes.

use crate::error::{AuthError, Reason};
use crate::secret;
use crate::store::now;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// What kind of statement it is.
pub(crate) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long one is good, in seconds.
const GOOD: u64 = 60;

/// A larger file holds no key.
const LARGEST: u64 = 64 << 10;

/// The object identifiers of kinds of keys, as DER has them.
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// A private key that stands for us at an authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKey {
    /// The file that holds it, as PEM.
    pub file: PathBuf,
    /// Its name there, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl ClientKey {
    /// A statement that this client asks, for this issuer alone.
    pub(crate) fn statement(&self, client: &str, issuer: &str) -> Result<String, AuthError> {
        let (algorithm, key) = self.read()?;
        let header = Header { kid: self.id.clone(), ..Header::new(algorithm) };
        let at = now();
        let claims =
            json!({"iss": client, "sub": client, "aud": issuer, "iat": at, "exp": at + GOOD, "jti": secret::random()});
        encode(&header, &claims, &key).map_err(|_| self.unusable("it cannot sign"))
    }

    /// Read each time: a key is exchanged by exchanging the file.
    fn read(&self) -> Result<(Algorithm, EncodingKey), AuthError> {
        let mut text = Vec::new();
        let file = File::open(&self.file).map_err(|error| self.unusable(&error.to_string()))?;
        file.take(LARGEST).read_to_end(&mut text).map_err(|error| self.unusable(&error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| self.unusable("it holds no private key as PEM"))?;
        match &key {
            PrivateKeyDer::Pkcs1(key) => Ok((Algorithm::RS256, EncodingKey::from_rsa_der(key.secret_pkcs1_der()))),
            PrivateKeyDer::Pkcs8(key) => wrapped(key.secret_pkcs8_der())
                .ok_or_else(|| self.unusable("its key is neither RSA nor of the curve P-256 or P-384")),
            _ => Err(self.unusable("its key is not in the form PKCS#8; `openssl pkcs8 -topk8 -nocrypt` makes it so")),
        }
    }

    fn unusable(&self, why: &str) -> AuthError {
        let text = format!("the private key {} cannot be used: {why}", self.file.display());
        AuthError::new(Reason::NoRegistration, text).hint("see `oauth.client_key` of the server in the settings")
    }
}

/// A key in the form PKCS#8, whose first part says of which kind it is.
fn wrapped(der: &[u8]) -> Option<(Algorithm, EncodingKey)> {
    let head = der.get(..der.len().min(48))?;
    let at = |kind: &[u8]| head.windows(kind.len()).position(|part| part == kind);
    match (at(RSA), at(P256), at(P384)) {
        (Some(at), ..) => Some((Algorithm::RS256, EncodingKey::from_rsa_der(inner(der.get(at + RSA.len()..)?)?))),
        (_, Some(_), _) => Some((Algorithm::ES256, EncodingKey::from_ec_der(der))),
        (.., Some(_)) => Some((Algorithm::ES384, EncodingKey::from_ec_der(der))),
        _ => None,
    }
}

/// The text of octets that follows a NULL; the library takes RSA keys without their wrapping only.
fn inner(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(&[0x05, 0x00, 0x04])?;
    let (&first, rest) = rest.split_first()?;
    if first < 0x80 {
        return rest.get(..usize::from(first));
    }
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f)).filter(|(length, _)| length.len() <= 4)?;
    rest.get(..length.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)))
}
