//! Which account is meant, and how we are known where it is.

use crate::assertion::ClientKey;
use outboard_types::Redacted;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// One account at one server, of all or of one principal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountId {
    /// The server's name in the settings.
    pub server: String,
    /// What the user calls the account.
    pub account: String,
    /// Whose alone it is; everybody's without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
}

impl AccountId {
    /// The account that is meant where none is named.
    pub const DEFAULT: &'static str = "default";

    /// Whether it is another one than that which is meant where none is named.
    pub fn is_particular(&self) -> bool {
        self.account != Self::DEFAULT || self.principal.is_some()
    }

    /// The command that signs in to it.
    pub fn command(&self) -> String {
        let account =
            if self.account == Self::DEFAULT { String::new() } else { format!(" --account {}", self.account) };
        let principal = self.principal.iter().map(|name| format!(" --principal {name}")).collect::<String>();
        format!("outboard login {}{account}{principal}", self.server)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.principal {
            Some(principal) => write!(f, "{} ({}) of {principal}", self.server, self.account),
            None => write!(f, "{} ({})", self.server, self.account),
        }
    }
}

/// Who asks for tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Grant {
    /// A person, who signs in.
    #[default]
    Person,
    /// We ourselves, with a secret or a key.
    ClientCredentials,
    /// We ourselves, with a token that somebody else gave us.
    Statement(Statement),
}

/// A token that stands for us, from somebody whom the authorization server trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The file that holds it.
    pub file: PathBuf,
    /// Who exchanges it first, where it is an ID token.
    pub exchange: Option<Exchange>,
}

/// An identity provider that exchanges ID tokens for grants to servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Its issuer.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// The secret of that name.
    pub client_secret: Option<Redacted<String>>,
}

/// What is configured about signing in to a server.
#[derive(Debug, Clone, Default)]
pub struct ClientSettings {
    /// The issuer to sign in at; whichever the server names without it.
    pub issuer: Option<String>,
    /// Our name there, where we were registered by hand.
    pub client_id: Option<String>,
    /// The secret of that name.
    pub client_secret: Option<Redacted<String>>,
    /// The private key of that name, in place of a secret.
    pub client_key: Option<ClientKey>,
    /// The address of a metadata document that stands for us.
    pub client_metadata: Option<String>,
    /// Scopes to ask for in place of those that the server names.
    pub scopes: Vec<String>,
    /// Who asks.
    pub grant: Grant,
    /// Hosts besides the issuer's that its endpoints may be at.
    pub hosts: Vec<String>,
}
