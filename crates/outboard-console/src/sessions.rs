//! Who is in: sessions of browsers, and links that open one.

use crate::who::Who;
use outboard_types::Digest;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Sessions at most; the one that was quiet for longest goes first.
const MOST: usize = 64;
/// A session that was quiet for so long is over.
const QUIET: Duration = Duration::from_secs(8 * 3_600);
/// A session is over after so long in any case.
const LIFE: Duration = Duration::from_secs(24 * 3_600);
/// A link that nobody followed is good for so long.
const LINK: Duration = Duration::from_secs(600);

/// 256 random bits as text.
fn secret() -> String {
    let mut bytes = [0_u8; 32];
    // Without randomness there is no safe token; the process cannot go on.
    getrandom::fill(&mut bytes).expect("invariant: the kernel gives random bytes");
    Digest::of(bytes).to_string()
}

/// What a browser gets when it comes in.
pub(crate) struct Opened {
    /// For the cookie.
    pub(crate) cookie: String,
    /// For the header of every request.
    pub(crate) token: String,
}

struct Session {
    token: String,
    who: Who,
    opened: Instant,
    touched: Instant,
}

#[derive(Default)]
struct State {
    /// By the digest of the cookie: what is kept opens nothing.
    sessions: HashMap<Digest, Session>,
    links: HashMap<Digest, Instant>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<State>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let over = |session: &Session| now - session.touched >= QUIET || now - session.opened >= LIFE;
        state.sessions.retain(|_, session| !over(session));
        state.links.retain(|_, made| now - *made < LINK);
        state
    }

    /// Opens a session.
    pub(crate) fn open(&self, who: Who) -> Opened {
        let (opened, now) = (Opened { cookie: secret(), token: secret() }, Instant::now());
        let mut state = self.lock();
        if state.sessions.len() >= MOST
            && let Some(oldest) = state.sessions.iter().min_by_key(|(_, session)| session.touched).map(|(id, _)| *id)
        {
            state.sessions.remove(&oldest);
        }
        let session = Session { token: opened.token.clone(), who, opened: now, touched: now };
        state.sessions.insert(Digest::of(&opened.cookie), session);
        opened
    }

    /// The token of the session that a cookie names, and whose it is.
    pub(crate) fn find(&self, cookie: &str) -> Option<(String, Who)> {
        let mut state = self.lock();
        let session = state.sessions.get_mut(&Digest::of(cookie))?;
        session.touched = Instant::now();
        Some((session.token.clone(), session.who.clone()))
    }

    /// Ends a session.
    pub(crate) fn close(&self, cookie: &str) {
        self.lock().sessions.remove(&Digest::of(cookie));
    }

    /// Makes a link that is good once.
    pub(crate) fn new_link(&self) -> String {
        let link = secret();
        self.lock().links.insert(Digest::of(&link), Instant::now());
        link
    }

    /// Whether a link was good; it is no longer.
    pub(crate) fn take_link(&self, link: &str) -> bool {
        self.lock().links.remove(&Digest::of(link)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sessions_end_and_links_are_good_once() {
        let sessions = Sessions::default();
        let link = sessions.new_link();
        assert!(sessions.take_link(&link) && !sessions.take_link(&link));
        let late = sessions.new_link();
        let token = |cookie: &str| sessions.find(cookie).map(|(token, _)| token);
        let opened = sessions.open(Who::Operator);
        assert_eq!(token(&opened.cookie), Some(opened.token.clone()));
        assert_eq!(token(&opened.token), None);
        tokio::time::advance(LINK).await;
        assert!(!sessions.take_link(&late));
        tokio::time::advance(QUIET).await;
        assert_eq!(token(&opened.cookie), None);
        let first = sessions.open(Who::Operator);
        for _ in 0..MOST {
            tokio::time::advance(Duration::from_millis(1)).await;
            sessions.open(Who::Operator);
        }
        assert_eq!(token(&first.cookie), None, "the oldest made room");
    }
}
