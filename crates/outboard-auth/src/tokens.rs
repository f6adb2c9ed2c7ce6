//! Tokens that we give to those who call us, one principal each. Only digests are kept.

use crate::file::{self, Mark};
use crate::secret;
use crate::store::now;
use outboard_types::{Digest, Principal};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// How tokens begin, so that scanners for secrets can know them.
const PREFIX: &str = "outboard_";

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// What to call it when it is revoked.
    pub id: String,
    /// Whose requests come with it.
    pub principal: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
    digest: String,
}

impl TokenRecord {
    /// `active`, `expired` or `revoked`.
    pub fn status(&self) -> &'static str {
        match (self.revoked, self.expires) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now() => "expired",
            _ => "active",
        }
    }
}

/// A new token; the text is shown once and kept nowhere.
#[derive(Debug)]
pub struct Issued {
    /// What was kept.
    pub record: TokenRecord,
    /// The token.
    pub token: outboard_types::Redacted<String>,
}

/// The tokens of one place, in a file that several processes share.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    seen: Mutex<Option<(Mark, Vec<TokenRecord>)>>,
}

impl Tokens {
    /// Those in this file; none while it is not there.
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: Mutex::default() }
    }

    /// All of them, as they were made.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn list(&self) -> io::Result<Vec<TokenRecord>> {
        match fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        }
    }

    /// Makes one for a principal, good for so many seconds or for good.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn create(&self, principal: &str, name: Option<String>, seconds: Option<u64>) -> io::Result<Issued> {
        let token = format!("{PREFIX}{}", secret::random());
        let digest = Digest::of(&token).to_string();
        let created = now();
        let record = TokenRecord {
            id: format!("tok_{}", &digest[..12]),
            principal: principal.to_owned(),
            name,
            created,
            expires: seconds.map(|seconds| created.saturating_add(seconds)),
            revoked: None,
            digest,
        };
        self.change(|all| all.push(record.clone()))?;
        Ok(Issued { record, token: outboard_types::Redacted::new(token) })
    }

    /// Revokes one by its id; false where there is none of that id that is still good.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn revoke(&self, id: &str) -> io::Result<bool> {
        let mut found = false;
        self.change(|all| {
            for record in all.iter_mut().filter(|record| record.id == id && record.revoked.is_none()) {
                record.revoked = Some(now());
                found = true;
            }
        })?;
        Ok(found)
    }

    /// Whose token this is; nobody's if it is over, revoked or none of ours. A file that cannot be read lets nobody in.
    pub fn holder(&self, token: &str) -> Option<Principal> {
        if !token.starts_with(PREFIX) {
            return None;
        }
        let digest = Digest::of(token).to_string();
        let mark = file::mark(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_none_or(|(before, _)| *before != mark) {
            *seen = Some((mark, self.list().ok()?));
        }
        let (_, all) = seen.as_ref()?;
        // Digests of random texts are compared: how long that takes tells nothing about a token.
        let found = all.iter().find(|record| record.digest == digest && record.status() == "active")?;
        Some(Principal(found.principal.as_str().into()))
    }

    fn change(&self, change: impl FnOnce(&mut Vec<TokenRecord>)) -> io::Result<()> {
        let _lock = file::lock(&self.path.with_extension("lock"))?;
        let mut all = self.list()?;
        change(&mut all);
        file::replace(&self.path, &serde_json::to_vec_pretty(&all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_token_is_its_principals_until_it_is_revoked_or_over() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, others) = (Tokens::new(folder.path().join("t.json")), Tokens::new(folder.path().join("t.json")));
        let alice = ours.create("alice", Some("laptop".into()), None).unwrap();
        let over = ours.create("bob", None, Some(0)).unwrap();
        let text = alice.token.expose();
        assert_eq!(others.holder(text).unwrap().0.as_ref(), "alice");
        assert!(others.holder(over.token.expose()).is_none(), "it is over");
        assert!(others.holder(&text[..20]).is_none() && others.holder("").is_none());
        assert!(
            !fs::read_to_string(folder.path().join("t.json")).unwrap().contains(text.as_str()),
            "only a digest is kept"
        );
        assert!(ours.revoke(&alice.record.id).unwrap() && !ours.revoke(&alice.record.id).unwrap());
        assert!(others.holder(text).is_none(), "another process sees it");
        let words: Vec<_> = ours.list().unwrap().iter().map(TokenRecord::status).collect();
        assert_eq!(words, ["revoked", "expired"]);
        assert_eq!(fs::metadata(folder.path().join("t.json")).unwrap().mode() & 0o777, 0o600);
    }
}
