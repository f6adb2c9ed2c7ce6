//! Hands out the access token of one account, and knows what to make of a server's refusal.
//!
//! A token is renewed by one at a time, in this process and in others that share the store; what a renewal brings
//! is kept before it is used, for the old refresh token is gone by then.

use crate::book::Account;
use crate::challenge::Challenge;
use crate::client::{AccountId, ClientSettings, Grant};
use crate::discovery::{self, reach};
use crate::dpop::{self, Use};
use crate::error::{AuthError, Reason};
use crate::grant::{TokenRequest, asked_scopes};
use crate::http::Http;
use crate::registration::{self, is_ours};
use crate::standing::Standing;
use crate::statement;
use crate::store::{Store, now};
use crate::token::{self, NotGranted};
use outboard_types::Redacted;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

/// A token that is over so soon is renewed before it is sent.
const SOON: u64 = 30;

/// What a keeper and a sign-in work with.
#[derive(Clone)]
pub struct Ports {
    /// The network.
    pub http: Arc<dyn Http>,
    /// What is kept.
    pub store: Arc<dyn Store>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// What to do after a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send it again: there is another token now.
    Again,
    /// It would be refused again.
    Refused(AuthError),
}

/// The tokens of one account.
#[derive(Debug)]
pub struct Keeper(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ports: Ports,
    id: AccountId,
    server: Url,
    settings: ClientSettings,
    state: Mutex<State>,
    /// Held while a token is renewed.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    version: Option<u64>,
    account: Option<Account>,
    /// Why the last request was refused, until one is not.
    problem: Option<AuthError>,
    /// What the server wants to see in proofs.
    nonce: Option<String>,
    /// Whether the server was heard to take tokens that are bound to a key.
    proofs: bool,
}

impl Keeper {
    /// Keeps the tokens of this account at this server; nothing is read or sent yet.
    pub fn new(ports: Ports, id: AccountId, server: Url, settings: ClientSettings) -> Self {
        Self(Arc::new(Inner { ports, id, server, settings, state: Mutex::default(), turn: Arc::default() }))
    }

    /// Which account it is.
    pub fn id(&self) -> &AccountId {
        &self.0.id
    }

    /// The token to send; none where nobody signed in, which may do.
    ///
    /// # Errors
    ///
    /// The account is over, or no new token could be got.
    pub async fn token(&self) -> Result<Option<Redacted<String>>, AuthError> {
        self.0.token().await
    }

    /// The proof that goes along with a token, where it is bound to a key (DPoP): for this one request.
    ///
    /// # Errors
    ///
    /// The key cannot be used.
    pub fn proof(&self, token: &Redacted<String>, method: &str, url: &Url) -> Result<Option<String>, AuthError> {
        let account = self.0.account()?.filter(|account| account.access == *token);
        let Some(key) = account.and_then(|account| account.proof) else { return Ok(None) };
        let nonce = self.0.state().nonce.clone();
        key.proof(&Use { method, url, nonce: nonce.as_deref(), token: Some(token.expose()) }).map(Some)
    }

    /// Takes note of the nonce of an answer, for the next proof.
    pub fn heard(&self, nonce: &str) {
        if dpop::usable(nonce) {
            self.0.state().nonce = Some(nonce.to_owned());
        }
    }

    /// What to make of a refusal with status 401 or 403; `sent` is the token that was refused.
    pub async fn refused(
        &self,
        sent: Option<&Redacted<String>>,
        status: u16,
        challenge: Option<&Challenge>,
    ) -> Verdict {
        self.0.refused(sent, status, challenge).await
    }

    /// A request was not refused.
    pub fn worked(&self) {
        self.0.state().problem = None;
    }

    /// Why the last request was refused, if it was and nobody signed in since.
    pub fn problem(&self) -> Option<AuthError> {
        self.0.problem()
    }

    /// How things stand.
    pub fn standing(&self) -> Standing {
        self.0.standing()
    }

    /// Waits for a renewal that is under way: what it brings is lost if the process ends before it is kept.
    pub async fn settled(&self) {
        drop(self.0.turn.lock().await);
    }
}

impl Inner {
    async fn token(self: &Arc<Self>) -> Result<Option<Redacted<String>>, AuthError> {
        let told = |error: AuthError| {
            self.state().problem = Some(error.clone());
            error
        };
        match self.account().map_err(told)? {
            Some(account) if account.over => Err(told(self.over())),
            Some(account) if !is_soon_over(&account) => Ok(Some(account.access)),
            Some(account) if account.refresh.is_some() || is_ours(&self.settings) => {
                self.renew(Some(&account.access), &[]).await.map(Some).map_err(told)
            }
            Some(account) if account.expires.is_some_and(|end| end <= now()) => Err(told(self.over())),
            Some(account) => Ok(Some(account.access)),
            None => Ok(None),
        }
    }

    async fn refused(
        self: &Arc<Self>,
        sent: Option<&Redacted<String>>,
        status: u16,
        challenge: Option<&Challenge>,
    ) -> Verdict {
        let nonce = self.heard(challenge);
        let verdict = match status {
            401 if nonce && sent.is_some() => Ok(()),
            403 if challenge.and_then(|it| it.error.as_deref()) == Some("insufficient_scope") => {
                self.more(sent, &challenge.map(Challenge::scopes).unwrap_or_default()).await
            }
            403 => Err(AuthError::new(Reason::ScopeRefused, "the server does not let this account do that (HTTP 403)")),
            _ => self.another(sent, &challenge.map(Challenge::scopes).unwrap_or_default()).await,
        };
        match verdict {
            Ok(()) => Verdict::Again,
            Err(error) => {
                self.state().problem = Some(error.clone());
                Verdict::Refused(error)
            }
        }
    }

    /// Takes note of a challenge; whether all that it wants is the nonce that came with it. Who sends gives up after a
    /// few attempts.
    fn heard(&self, challenge: Option<&Challenge>) -> bool {
        let mut state = self.state();
        state.proofs |= challenge.is_some_and(|challenge| challenge.proofs);
        state.nonce.is_some() && challenge.is_some_and(|it| it.error.as_deref() == Some(dpop::WANTS_NONCE))
    }

    fn problem(&self) -> Option<AuthError> {
        let version = self.ports.store.version();
        let state = self.state();
        state.problem.clone().filter(|_| state.version.is_none_or(|seen| seen == version))
    }

    fn standing(&self) -> Standing {
        let account = self.account().ok().flatten();
        let needed =
            self.problem().is_some_and(|problem| problem.reason.code() == outboard_types::ErrorCode::SignInNeeded);
        match account {
            Some(account) if account.over => Standing::Expired,
            Some(account) if account.refresh.is_none() && account.expires.is_some_and(|end| end <= now()) => {
                Standing::Expired
            }
            Some(_) if needed => Standing::NeedsSignIn,
            Some(_) => Standing::SignedIn,
            None if needed => Standing::NeedsSignIn,
            None => Standing::Unasked,
        }
    }

    /// What is kept of the account. Tokens for another address than the server's are none of its.
    fn account(&self) -> Result<Option<Account>, AuthError> {
        let version = self.ports.store.version();
        let mut state = self.state();
        if state.version != Some(version) {
            state.account =
                self.ports.store.read()?.find(&self.id).filter(|it| it.server == self.server.as_str()).cloned();
            if state.version.is_some() {
                state.problem = None;
            }
            state.version = Some(version);
        }
        Ok(state.account.clone())
    }

    /// After a 401: the token that somebody else got meanwhile, or a new one.
    async fn another(self: &Arc<Self>, sent: Option<&Redacted<String>>, scopes: &[String]) -> Result<(), AuthError> {
        let account = self.account()?;
        match &account {
            Some(account) if sent.is_some_and(|sent| *sent != account.access) => Ok(()),
            None if is_ours(&self.settings) => self.renew(sent, scopes).await.map(drop),
            Some(account) if account.refresh.is_some() || is_ours(&self.settings) => {
                self.renew(sent, scopes).await.map(drop)
            }
            Some(_) => {
                self.end()?;
                Err(self.over())
            }
            None => Err(self.needed("nobody has signed in to it")),
        }
    }

    /// After `insufficient_scope`: a person has to agree, unless there is none behind the account.
    async fn more(self: &Arc<Self>, sent: Option<&Redacted<String>>, scopes: &[String]) -> Result<(), AuthError> {
        let Some(account) = self.account()? else { return Err(self.needed("nobody has signed in to it")) };
        if sent.is_some_and(|sent| *sent != account.access) {
            return Ok(());
        }
        if scopes.iter().all(|scope| account.asked.contains(scope)) {
            let text = "the server wants scopes that were asked for already; asking again would not help";
            return Err(AuthError::new(Reason::ScopeRefused, text)
                .hint("see with the server's operator whether this account may have them"));
        }
        if is_ours(&self.settings) {
            return self.renew(sent, scopes).await.map(drop);
        }
        self.ports.store.update(&mut |book| {
            for account in book.accounts.iter_mut().filter(|account| account.id == self.id) {
                account
                    .wanted
                    .extend(scopes.iter().filter(|scope| !account.wanted.contains(scope)).cloned().collect::<Vec<_>>());
            }
        })?;
        self.account()?;
        let text = format!("the server {} wants more scopes for this: {}", self.id.server, scopes.join(" "));
        Err(AuthError::new(Reason::MoreScope, text).hint(format!("run `{}` to agree to them", self.id.command())))
    }

    /// Gets a new token, unless somebody did so since `stale` was handed out. Once begun, it goes on even if nobody
    /// waits any more: the old refresh token is gone by then.
    async fn renew(
        self: &Arc<Self>,
        stale: Option<&Redacted<String>>,
        scopes: &[String],
    ) -> Result<Redacted<String>, AuthError> {
        let turn = self.turn.clone().lock_owned().await;
        let (this, stale, scopes) = (self.clone(), stale.cloned(), scopes.to_vec());
        let renewed = tokio::spawn(async move {
            let renewed = this.renew_now(stale.as_ref(), &scopes).await;
            drop(turn);
            renewed
        });
        renewed.await.map_err(|error| AuthError::new(Reason::Storage, error.to_string()))?
    }

    async fn renew_now(
        &self,
        stale: Option<&Redacted<String>>,
        scopes: &[String],
    ) -> Result<Redacted<String>, AuthError> {
        let (store, id) = (self.ports.store.clone(), self.id.clone());
        let waited = tokio::task::spawn_blocking(move || store.alone(&id)).await;
        let _alone = waited.map_err(|error| AuthError::new(Reason::Storage, error.to_string()))??;
        let account = self.account()?;
        if let Some(account) = &account
            && stale.is_some_and(|stale| *stale != account.access)
            && !is_soon_over(account)
        {
            return Ok(account.access.clone());
        }
        let renewed = match &account {
            Some(account) if account.refresh.is_some() => self.refresh(account).await?,
            _ => self.ourselves(account.as_ref(), scopes).await?,
        };
        let access = renewed.access.clone();
        self.ports.store.update(&mut |book| book.put(renewed.clone()))?;
        let mut state = self.state();
        (state.version, state.account, state.problem) = (Some(self.ports.store.version()), Some(renewed), None);
        Ok(access)
    }

    async fn refresh(&self, account: &Account) -> Result<Account, AuthError> {
        let refresh = account.refresh.as_ref().map(|token| token.expose().as_str()).unwrap_or_default();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("resource", &account.resource)];
        let reach = reach(&*self.ports.http, &self.server).await;
        let (http, key) = (&*self.ports.http, account.proof.as_ref());
        match token::ask(http, &account.token_endpoint, reach, &account.client, &fields, key).await {
            Ok(granted) => Ok(Account {
                access: granted.access,
                refresh: granted.refresh.or_else(|| account.refresh.clone()),
                expires: granted.seconds.map(|seconds| now().saturating_add(seconds)),
                scopes: granted.scopes.unwrap_or_else(|| account.scopes.clone()),
                over: false,
                proof: account.proof.clone().filter(|_| granted.bound),
                ..account.clone()
            }),
            Err(NotGranted::Refused(word, _)) if matches!(word.as_str(), "invalid_grant" | "invalid_client") => {
                self.end()?;
                Err(self.over())
            }
            Err(other) => Err(other.into_error()),
        }
    }

    /// A token for ourselves, with the secret or the key of the settings.
    async fn ourselves(&self, account: Option<&Account>, scopes: &[String]) -> Result<Account, AuthError> {
        let http = &*self.ports.http;
        let scope = (!scopes.is_empty()).then(|| scopes.join(" "));
        let challenge = Challenge { scope, proofs: self.state().proofs, ..Challenge::default() };
        let found = discovery::discover(http, &self.server, &challenge, &self.settings).await?;
        let none = || {
            AuthError::new(Reason::NoRegistration, "the grant of the settings needs a client id, and its secret or key")
                .hint("set `oauth.client_id`, `oauth.client_secret` or `oauth.client_key`, and `oauth.issuer` of the server")
        };
        let client = registration::known(&found.server, &self.settings)?.ok_or_else(none)?;
        let before = account.map(|account| account.asked.clone()).unwrap_or_default();
        let asked = asked_scopes(&found, &self.settings, &challenge, &before);
        let request = TokenRequest { found: &found, client, asked };
        let given = match &self.settings.grant {
            Grant::Statement(statement) => Some(statement.text(http, &found, &request.asked).await?),
            _ => None,
        };
        let grant = match &given {
            Some(given) => vec![("grant_type", statement::GRANT), ("assertion", given.expose().as_str())],
            None => vec![("grant_type", "client_credentials")],
        };
        request.granted(http, &self.id, &self.server, &grant).await.map_err(NotGranted::into_error)
    }

    /// Notes that the account is over.
    fn end(&self) -> Result<(), AuthError> {
        self.ports.store.update(&mut |book| {
            book.accounts.iter_mut().filter(|account| account.id == self.id).for_each(|account| account.over = true);
        })?;
        self.account().map(drop)
    }

    fn over(&self) -> AuthError {
        self.needed("what was granted is over")
    }

    fn needed(&self, why: &str) -> AuthError {
        AuthError::new(Reason::NotSignedIn, format!("the server {} wants a sign-in, and {why}", self.id.server))
            .hint(format!("run `{}`", self.id.command()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_soon_over(account: &Account) -> bool {
    account.expires.is_some_and(|end| end <= now().saturating_add(SOON))
}
