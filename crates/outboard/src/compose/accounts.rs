//! From settings to accounts at servers, and to whom we let in.

use super::privacy;
use crate::failure::Failure;
use crate::logs;
use outboard_auth::{
    Account, AccountId, AuthError, Book, ClientKey, ClientSettings, Exchange, FileStore, Grant, Keeper, Ports,
    Resource, ResourceSettings, Statement, Store, Tokens, Web,
};
use outboard_config::{Connection, OauthGrant, ServerSettings, Settings};
use outboard_mcp::server::http::Gate;
use outboard_types::{ErrorCode, Redacted};
use outboard_vault::TextSeal;
use std::any::Any;
use std::sync::Arc;

/// What the seal of accounts is for.
const PURPOSE: &str = "outboard accounts 1: seal";

/// The network and the sealed file of accounts; neither is touched before it is needed.
pub(crate) fn ports(settings: &Settings) -> Ports {
    let (given, folder) = (settings.clone(), settings.state_dir.clone());
    let seal = move || {
        let file = folder.join("accounts.sealed");
        let may_make = !folder.join("vault.sqlite").exists() && !file.exists();
        let key = privacy::key(&given).map_err(|failure| failure.message().to_owned())?;
        TextSeal::of(&key, may_make, PURPOSE).map_err(|error| error.to_string())
    };
    let store = FileStore::new(settings.state_dir.join("accounts.sealed"), Box::new(seal));
    Ports { http: Arc::new(Web::new(settings.ca.clone())), store: Arc::new(Told(store)) }
}

/// Tells the border of every secret before it is used.
struct Told(FileStore);

impl Store for Told {
    fn read(&self) -> Result<Book, AuthError> {
        self.0.read().inspect(tell)
    }

    fn update(&self, change: &mut dyn FnMut(&mut Book)) -> Result<(), AuthError> {
        self.0.update(&mut |book| {
            change(book);
            tell(book);
        })
    }

    fn version(&self) -> u64 {
        self.0.version()
    }

    fn alone(&self, id: &AccountId) -> Result<Box<dyn Any + Send>, AuthError> {
        self.0.alone(id)
    }
}

fn tell(book: &Book) {
    logs::keep_secret(book.accounts.iter().flat_map(Account::secrets).collect());
}

/// The account that a server's calls use where no principal has one of its own.
pub(crate) fn shared_account(server: &ServerSettings) -> AccountId {
    let account = server.accounts.account.clone().unwrap_or_else(|| AccountId::DEFAULT.to_owned());
    AccountId { server: server.name.to_string(), account, principal: None }
}

/// What is configured about signing in to a server.
pub(crate) fn client(server: &ServerSettings) -> ClientSettings {
    let given = server.accounts.oauth.clone();
    let exchange = given.exchange_issuer.zip(given.exchange_client_id);
    let exchange = exchange.map(|(issuer, client_id)| {
        let client_secret = given.exchange_client_secret;
        Exchange { issuer, client_id, client_secret }
    });
    let grant = match (given.grant, given.assertion_file) {
        (OauthGrant::JwtBearer, Some(file)) => Grant::Statement(Statement { file, exchange }),
        (OauthGrant::ClientCredentials, _) => Grant::ClientCredentials,
        _ => Grant::Person,
    };
    ClientSettings {
        issuer: given.issuer,
        client_id: given.client_id,
        client_secret: given.client_secret,
        client_key: given.client_key.map(|file| ClientKey { file, id: given.client_key_id }),
        client_metadata: given.client_metadata,
        scopes: given.scopes,
        grant,
        hosts: given.hosts,
    }
}

/// The tokens of an account, for a server behind an address whose settings give no `Authorization` of their own.
pub(super) fn keeper(ports: &Ports, server: &ServerSettings, id: AccountId) -> Option<Arc<Keeper>> {
    let Connection::Http { url, headers } = &server.connection else { return None };
    if headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")) {
        return None;
    }
    Some(Arc::new(Keeper::new(ports.clone(), id, url.parse().ok()?, client(server))))
}

/// The tokens that we give out.
pub(crate) fn tokens(settings: &Settings) -> Tokens {
    Tokens::new(settings.state_dir.join("tokens.json"))
}

/// Whom `serve --http` lets in.
pub(crate) fn gate(settings: &Settings, operator: &Redacted<String>) -> Result<Gate, Failure> {
    let given = &settings.protection;
    let gate = Gate::new(operator).with_tokens(tokens(settings)).with_hosts(given.hosts.clone());
    let (issuer, audience) = match (&given.issuer, &given.audience) {
        (None, None) => return Ok(gate),
        (Some(issuer), Some(audience)) => (issuer.clone(), audience.clone()),
        _ => return Err(wrong("serve.oauth.issuer and serve.oauth.audience belong together; set both")),
    };
    let bad = |_| wrong("serve.oauth.audience: expected the address under which clients reach this server");
    let url: url::Url = audience.parse().map_err(bad)?;
    let path = url.path().trim_end_matches('/');
    let metadata = format!("{}/.well-known/oauth-protected-resource{path}", url.origin().ascii_serialization());
    let (claim, scopes) = (given.claim.clone(), given.scopes.clone());
    let http = Arc::new(Web::new(settings.ca.clone()));
    Ok(gate.with_resource(Resource::new(http, ResourceSettings { issuer, audience, claim, scopes }), metadata))
}

fn wrong(problem: &str) -> Failure {
    Failure::new(ErrorCode::InvalidSettings, problem)
}
