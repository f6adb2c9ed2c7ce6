//! The sessions of one vault file.

use crate::error::VaultError;
use crate::key::KeySource;
use crate::session::Session;
use crate::store::Store;
use crate::token::{Kinds, View};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How values are kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// The labels of all kinds that can be found; only these become tokens.
    pub kinds: Vec<String>,
    /// What is kept readable of values of a kind; nothing where a kind is absent.
    pub views: HashMap<String, View>,
    /// How long a session's values are kept after its last use.
    pub keep_ms: u64,
    /// Most values of a session; further ones are hidden without a token.
    pub max_values: usize,
    /// Most values of a session that are watched for flows; the oldest are let go first.
    pub max_origins: usize,
}

impl Default for Options {
    fn default() -> Self {
        let kinds = [
            "EMAIL", "PHONE", "CARD", "IBAN", "SSN", "ID", "IP", "MAC", "ADDRESS", "POSTCODE", "DOB", "NAME", "SECRET",
        ];
        Self {
            kinds: kinds.map(str::to_owned).to_vec(),
            views: HashMap::new(),
            keep_ms: 30 * 24 * 60 * 60 * 1000,
            max_values: 200_000,
            max_origins: 50_000,
        }
    }
}

/// One session, as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SessionRow {
    /// Its name.
    pub name: String,
    /// When its values will be forgotten, in milliseconds since 1970.
    pub expires_ms: u64,
    /// How many values it has.
    pub values: usize,
}

/// All sessions of one file.
pub struct Vault {
    store: Arc<Store>,
    options: Arc<Options>,
    kinds: Arc<Kinds>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
    /// Until when the file says that sessions are kept, as far as it was written here.
    kept: Mutex<HashMap<String, u64>>,
}

/// A session's time is written anew once it would be longer by this share: a write has to reach the disk, and every
/// value that crosses the border asks for its session.
const SHARE: u64 = 1_000;

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("key", &self.store.sealer.fingerprint()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the vault in this file, or makes one. With a wrong key it fails and changes nothing.
    pub fn open(path: &Path, key: &KeySource, options: Options) -> Result<Self, VaultError> {
        let kinds = Kinds::new(options.kinds.iter().map(String::as_str))?;
        Ok(Self::with(Store::open(path, key)?, options, kinds))
    }

    /// A vault that ends with the process.
    pub fn memory(key: &KeySource, options: Options) -> Result<Self, VaultError> {
        let kinds = Kinds::new(options.kinds.iter().map(String::as_str))?;
        Ok(Self::with(Store::memory(key)?, options, kinds))
    }

    fn with(store: Store, options: Options, kinds: Kinds) -> Self {
        let (store, options, kinds) = (Arc::new(store), Arc::new(options), Arc::new(kinds));
        Self { store, options, kinds, sessions: Mutex::default(), kept: Mutex::default() }
    }

    fn open_sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of this name, kept from now on for [`Options::keep_ms`], less a thousandth at most. What expired
    /// before is forgotten.
    ///
    /// Names are the caller's: two principals with sessions of the same name need names that differ.
    pub fn session(&self, name: &str, now_ms: u64) -> Result<Arc<Session>, VaultError> {
        self.keep(name, now_ms)?;
        let mut sessions = self.open_sessions();
        let new = || Arc::new(Session::new(name, &self.store, &self.options, &self.kinds));
        let session = Arc::clone(sessions.entry(name.to_owned()).or_insert_with(new));
        drop(sessions);
        session.sync()?;
        Ok(session)
    }

    /// Says in the file how long the session is kept, unless it says nearly that.
    fn keep(&self, name: &str, now_ms: u64) -> Result<(), VaultError> {
        let until = now_ms.saturating_add(self.options.keep_ms);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let said = kept.get(name).filter(|said| **said > now_ms);
        if said.is_some_and(|said| *said >= until.saturating_sub(self.options.keep_ms / SHARE)) {
            return Ok(());
        }
        if self.expired(now_ms)?.iter().any(|expired| expired == name) {
            self.forget(name)?;
        }
        self.store.keep_until(name, i64::try_from(until).unwrap_or(i64::MAX))?;
        kept.retain(|_, said| *said > now_ms);
        kept.insert(name.to_owned(), until);
        Ok(())
    }

    /// Forgets all values of a session, here and in the file; how many there were. Their tokens stay unknown
    /// for good.
    pub fn forget(&self, name: &str) -> Result<usize, VaultError> {
        let removed = self.store.forget(name)?;
        let mut sessions = self.open_sessions();
        // One that is in use stays the only one of its name: its users have to see each other's values.
        if let Some(session) = sessions.get(name) {
            session.reload();
        }
        sessions.retain(|other, session| other != name || Arc::strong_count(session) > 1);
        drop(sessions);
        Ok(removed)
    }

    /// Forgets a value in all sessions; how many had it.
    pub fn forget_value(&self, value: &str, now_ms: u64) -> Result<usize, VaultError> {
        let rows = self.store.sessions()?;
        let rows = rows.into_iter().filter(|(_, expires, values)| *values > 0 && ms(*expires) > now_ms);
        rows.map(|(name, ..)| self.peek(&name)?.forget_value(value)).sum()
    }

    /// A session without prolonging its life.
    fn peek(&self, name: &str) -> Result<Arc<Session>, VaultError> {
        let open = self.open_sessions().get(name).map(Arc::clone);
        let session = open.unwrap_or_else(|| Arc::new(Session::new(name, &self.store, &self.options, &self.kinds)));
        session.sync()?;
        Ok(session)
    }

    /// Forgets the sessions whose time is over; their names.
    pub fn expire(&self, now_ms: u64) -> Result<Vec<String>, VaultError> {
        let expired = self.expired(now_ms)?;
        expired.iter().try_for_each(|name| self.forget(name).map(drop))?;
        Ok(expired)
    }

    fn expired(&self, now_ms: u64) -> Result<Vec<String>, VaultError> {
        let rows = self.store.sessions()?;
        let over = rows.into_iter().filter(|(_, expires, values)| *values > 0 && ms(*expires) <= now_ms);
        Ok(over.map(|(name, ..)| name).collect())
    }

    /// A text without the values of the sessions that are in use here, for logs: `[KIND]` stands for each. `None`
    /// where that cannot be told right now.
    pub fn hidden<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        let open: Vec<_> = self.sessions.try_lock().ok()?.values().cloned().collect();
        open.iter().try_fold(Cow::Borrowed(text), |text, session| {
            Some(match session.hidden(&text)? {
                Some(hidden) => Cow::Owned(hidden),
                None => text,
            })
        })
    }

    /// All sessions that have values.
    pub fn sessions(&self) -> Result<Vec<SessionRow>, VaultError> {
        let rows = self.store.sessions()?.into_iter().filter(|(.., values)| *values > 0);
        Ok(rows.map(|(name, expires, values)| SessionRow { name, expires_ms: ms(expires), values }).collect())
    }
}

fn ms(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
