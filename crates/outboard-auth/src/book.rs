//! What was granted, account by account, and the names that authorization servers gave us.

use crate::client::AccountId;
use crate::dpop::ProofKey;
use crate::registration::Client;
use crate::secret;
use outboard_types::Redacted;
use serde::{Deserialize, Serialize};

/// Names that authorization servers gave us and that are remembered at most.
const CLIENTS: usize = 200;

/// What was granted to one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Which one.
    pub id: AccountId,
    /// The server's address at the sign-in; its tokens go nowhere else.
    pub server: String,
    pub(crate) resource: String,
    /// Who granted it.
    pub issuer: String,
    pub(crate) token_endpoint: String,
    pub(crate) client: Client,
    /// What the tokens are bound to, where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<ProofKey>,
    #[serde(with = "secret::one")]
    pub(crate) access: Redacted<String>,
    #[serde(default, with = "secret::maybe", skip_serializing_if = "Option::is_none")]
    pub(crate) refresh: Option<Redacted<String>>,
    /// When the access token is over, in seconds since 1970.
    pub expires: Option<u64>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// The scopes that were asked for.
    pub(crate) asked: Vec<String>,
    /// Those that the server wanted besides, later.
    #[serde(default)]
    pub(crate) wanted: Vec<String>,
    /// Whether it is known to be over, whatever the times say.
    #[serde(default)]
    pub(crate) over: bool,
}

impl Account {
    /// The secrets in it, by what to call them.
    pub fn secrets(&self) -> Vec<(String, Redacted<String>)> {
        let name = |what: &str| format!("{}.{what}", self.id.server);
        let mut all = vec![(name("access_token"), self.access.clone())];
        all.extend(self.refresh.iter().map(|token| (name("refresh_token"), token.clone())));
        all.extend(self.client.secret.iter().map(|secret| (name("client_secret"), secret.clone())));
        all
    }
}

/// All that is kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Book {
    /// The accounts.
    pub accounts: Vec<Account>,
    #[serde(default)]
    pub(crate) clients: Vec<Client>,
}

impl Book {
    /// One account.
    pub fn find(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// Removes an account, and the name that its issuer gave us; false where there is none.
    pub fn forget(&mut self, id: &AccountId) -> bool {
        let Some(at) = self.accounts.iter().position(|account| account.id == *id) else { return false };
        let gone = self.accounts.remove(at);
        if !self.accounts.iter().any(|account| account.issuer == gone.issuer) {
            self.clients.retain(|client| client.issuer != gone.issuer);
        }
        true
    }

    /// Puts an account in place of what was there.
    pub(crate) fn put(&mut self, account: Account) {
        self.accounts.retain(|other| other.id != account.id);
        self.accounts.push(account);
    }

    pub(crate) fn client(&self, issuer: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.issuer == issuer)
    }

    pub(crate) fn put_client(&mut self, client: Client) {
        self.clients.retain(|other| other.issuer != client.issuer);
        let surplus = (self.clients.len() + 1).saturating_sub(CLIENTS);
        self.clients.drain(..surplus);
        self.clients.push(client);
    }
}
