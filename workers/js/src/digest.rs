//! Digests and message codes for `crypto` and `node:crypto`. Of the program's own bytes only; nothing secret of the
//! host ever comes here.

use hmac::{Hmac, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// The digest of bytes; none for an algorithm that is not offered.
pub(crate) fn digest(algorithm: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    Some(match algorithm {
        "md5" => Md5::digest(bytes).to_vec(),
        "sha1" => Sha1::digest(bytes).to_vec(),
        "sha224" => Sha224::digest(bytes).to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        "sha384" => Sha384::digest(bytes).to_vec(),
        "sha512" => Sha512::digest(bytes).to_vec(),
        _ => return None,
    })
}

/// The keyed code of bytes; none for an algorithm that is not offered.
pub(crate) fn keyed(algorithm: &str, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    macro_rules! code {
        ($hash:ty) => {{
            let mut code = Hmac::<$hash>::new_from_slice(key).ok()?;
            code.update(bytes);
            code.finalize().into_bytes().to_vec()
        }};
    }
    Some(match algorithm {
        "md5" => code!(Md5),
        "sha1" => code!(Sha1),
        "sha224" => code!(Sha224),
        "sha256" => code!(Sha256),
        "sha384" => code!(Sha384),
        "sha512" => code!(Sha512),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn known_digests_come_out() {
        assert_eq!(hex(&digest("md5", b"").unwrap()), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&digest("sha1", b"abc").unwrap()), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(hex(&digest("sha256", b"abc").unwrap()).starts_with("ba7816bf8f01cfea"));
        assert_eq!(digest("sha512", b"").map(|bytes| bytes.len()), Some(64));
        assert!(digest("crc32", b"").is_none() && keyed("none", b"", b"").is_none());
    }

    #[test]
    fn known_codes_come_out() {
        let code = keyed("sha256", b"key", b"The quick brown fox jumps over the lazy dog").unwrap();
        assert!(hex(&code).starts_with("f7bc83f430538424b13298e6aa6fb143"));
    }
}
