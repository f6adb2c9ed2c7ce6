//! Seals values: XChaCha20-Poly1305 with nonces drawn at random, and keyed digests to find a value again.

use crate::entry::Tag;
use crate::error::VaultError;
use crate::key::Key;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// What a sealed value is bound to: it opens in no other place.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) session: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) number: u32,
}

pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    finder: Zeroizing<[u8; 32]>,
    fingerprint: String,
}

impl Sealer {
    pub(crate) fn new(key: &Key) -> Self {
        let derived = |purpose: &str| derived(key, purpose);
        let fingerprint = crate::encodings::hex(&derived("outboard vault 1: fingerprint")[..4]);
        let cipher = XChaCha20Poly1305::new((&*derived("outboard vault 1: seal")).into());
        Self { cipher, finder: derived("outboard vault 1: find"), fingerprint }
    }

    /// Tells keys apart in errors; says nothing about the key.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The same for the same value of a session, and telling nothing without the key.
    pub(crate) fn tag(&self, session: &str, kind: &str, text: &str) -> Tag {
        let whole = digest(&*self.finder, &[session.as_bytes(), kind.as_bytes(), text.as_bytes()]);
        std::array::from_fn(|at| whole[at])
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let failed = |reason: String| VaultError::Write { reason };
        let mut sealed = vec![0; NONCE];
        getrandom::fill(&mut sealed).map_err(|error| failed(error.to_string()))?;
        let payload = Payload { msg: plain, aad: &associated(place) };
        let secret = self.cipher.encrypt(XNonce::from_slice(&sealed), payload);
        sealed.extend(secret.map_err(|_| failed("the value could not be sealed".to_owned()))?);
        Ok(sealed)
    }

    /// `None` if it was changed, moved, or sealed with another key.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, secret) = sealed.split_at_checked(NONCE)?;
        let payload = Payload { msg: secret, aad: &associated(place) };
        self.cipher.decrypt(XNonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }
}

fn associated(place: Place<'_>) -> Vec<u8> {
    let number = place.number.to_le_bytes();
    let mut out = Vec::new();
    for part in [place.session.as_bytes(), place.kind.as_bytes(), &number] {
        out.extend((part.len() as u64).to_le_bytes());
        out.extend(part);
    }
    out
}

/// Each part with its length before it, so that no two lists of parts look alike.
/// A key for one purpose, from which nothing follows about the others.
pub(crate) fn derived(key: &Key, purpose: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(digest(&*key.bytes, &[purpose.as_bytes()]))
}

fn digest(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(key).expect("invariant: HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
