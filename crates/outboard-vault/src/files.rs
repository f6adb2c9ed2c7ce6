//! Seals whole files with a key derived from the vault's: pieces of 64 KiB by XChaCha20-Poly1305 in the STREAM construction,
//! so that none can be changed, moved or cut off, and no file has to fit into memory.
//!
//! A sealed file is [`FileSeal::MARK`], 19 bytes drawn at random, and the pieces, each with 16 bytes behind it that prove it.

use crate::error::VaultError;
use crate::key::KeySource;
use crate::seal::derived;
use chacha20poly1305::aead::stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hmac::{Hmac, Mac as _};
use outboard_types::Digest;
use sha2::Sha256;
use std::fmt;
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

const PIECE: usize = 64 * 1024;
const PROOF: usize = 16;
const NONCE: usize = 19;

/// A key for files, and for the names of their contents.
pub struct FileSeal {
    cipher: XChaCha20Poly1305,
    namer: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for FileSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSeal").finish_non_exhaustive()
    }
}

impl FileSeal {
    /// What a sealed file begins with.
    pub const MARK: &'static [u8] = b"\x01OBfile1\n";

    /// Reads the key; one in a file is made if it is missing and `may_make` says so.
    ///
    /// # Errors
    ///
    /// What is given is no key, or the file cannot be read or made.
    pub fn new(key: &KeySource, may_make: bool) -> Result<Self, VaultError> {
        let read = key.read(may_make)?.ok_or_else(|| VaultError::BadKey {
            from: key.name(),
            reason: "it is not there; give the key that the state folder was made with".to_owned(),
        })?;
        let cipher = XChaCha20Poly1305::new((&*derived(&read, "outboard files 1: seal")).into());
        Ok(Self { cipher, namer: derived(&read, "outboard files 1: name") })
    }

    /// The name of a content: the same for the same content, and telling nothing about it without the key.
    pub fn name(&self, content: &Digest) -> Digest {
        let mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&*self.namer);
        let mut mac = mac.expect("invariant: HMAC takes keys of any length");
        mac.update(content.to_string().as_bytes());
        Digest::of(mac.finalize().into_bytes())
    }

    /// The length of a sealed file with so many bytes in it.
    pub fn length(bytes: u64) -> u64 {
        let pieces = bytes / PIECE as u64 + 1;
        (Self::MARK.len() + NONCE) as u64 + bytes + pieces * PROOF as u64
    }

    /// Writes what is read as a sealed file.
    ///
    /// # Errors
    ///
    /// As of reading and writing; the system gives no randomness; or there is too much for one file.
    pub fn seal(&self, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| io::Error::other(error.to_string()))?;
        to.write_all(Self::MARK)?;
        to.write_all(&nonce)?;
        let mut stream = EncryptorBE32::from_aead(self.cipher.clone(), (&nonce).into());
        let failed = |_| io::Error::other("the file is too long to be sealed");
        let mut piece = Zeroizing::new(Vec::with_capacity(PIECE));
        while next(from, PIECE, &mut piece)? {
            to.write_all(&stream.encrypt_next(piece.as_slice()).map_err(failed)?)?;
        }
        to.write_all(&stream.encrypt_last(piece.as_slice()).map_err(failed)?)
    }

    /// Writes what was sealed as it was. On an error what was written is not to be used.
    ///
    /// # Errors
    ///
    /// As of reading and writing; `PermissionDenied` where it was sealed with another key, or changed.
    pub fn open(&self, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
        let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "it was sealed with another key, or changed");
        let mut head = [0; Self::MARK.len() + NONCE];
        from.read_exact(&mut head).map_err(|_| refused())?;
        let (mark, nonce) = head.split_at(Self::MARK.len());
        if mark != Self::MARK {
            return Err(refused());
        }
        let mut stream = DecryptorBE32::from_aead(self.cipher.clone(), nonce.into());
        let mut piece = Zeroizing::new(Vec::with_capacity(PIECE + PROOF));
        while next(from, PIECE + PROOF, &mut piece)? {
            let open = Zeroizing::new(stream.decrypt_next(piece.as_slice()).map_err(|_| refused())?);
            to.write_all(&open)?;
        }
        let open = Zeroizing::new(stream.decrypt_last(piece.as_slice()).map_err(|_| refused())?);
        to.write_all(&open)
    }
}

/// Reads a piece; false where it is the last one, which is shorter and may be empty.
fn next(from: &mut impl Read, length: usize, piece: &mut Vec<u8>) -> io::Result<bool> {
    piece.clear();
    from.take(length as u64).read_to_end(piece)?;
    Ok(piece.len() == length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_types::Redacted;

    fn seal(letter: &str) -> FileSeal {
        let text = Redacted::new(letter.repeat(64));
        FileSeal::new(&KeySource::Given { from: "a test".to_owned(), text }, false).unwrap()
    }

    #[test]
    fn files_of_every_length_come_back() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let (bytes, mut sealed, mut open) = (vec![7; length], Vec::new(), Vec::new());
            seal("a").seal(&mut bytes.as_slice(), &mut sealed).unwrap();
            assert_eq!(sealed.len() as u64, FileSeal::length(length as u64));
            seal("a").open(&mut sealed.as_slice(), &mut open).unwrap();
            assert_eq!(open, bytes, "{length}");
        }
    }

    #[test]
    fn what_was_changed_cut_off_or_sealed_with_another_key_is_refused() {
        let mut sealed = Vec::new();
        seal("a").seal(&mut vec![7; 2 * PIECE + 5].as_slice(), &mut sealed).unwrap();
        let refused = |key: &str, sealed: &[u8]| {
            let error = seal(key).open(&mut &sealed[..], &mut io::sink()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        };
        refused("b", &sealed);
        for at in [0, 12, 40, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            refused("a", &changed);
        }
        let first = FileSeal::MARK.len() + NONCE;
        for end in [0, 5, first, first + PIECE + PROOF, first + 2 * (PIECE + PROOF), sealed.len() - 1] {
            refused("a", &sealed[..end]);
        }
        let turned = [
            &sealed[..first],
            &sealed[first + PIECE + PROOF..first + 2 * (PIECE + PROOF)],
            &sealed[first..first + PIECE + PROOF],
            &sealed[first + 2 * (PIECE + PROOF)..],
        ]
        .concat();
        refused("a", &turned);
    }

    #[test]
    fn names_are_the_same_for_one_key_and_tell_nothing() {
        let content = Digest::of("ada@lovelace.example");
        assert_eq!(seal("a").name(&content), seal("a").name(&content));
        assert_ne!(seal("a").name(&content), seal("b").name(&content));
        assert_ne!(seal("a").name(&content), content);
    }
}
