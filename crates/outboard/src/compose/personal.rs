//! Which principals reach a server with credentials of their own, and with which.

use super::accounts::{keeper, shared_account};
use outboard_auth::{AccountId, Keeper, Ports};
use outboard_config::{Connection, PrincipalSettings, ServerSettings};
use outboard_mcp::client::{Own, Personal, TransportSpec};
use outboard_mcp::server::http::PRINCIPAL;
use outboard_types::{Principal, Redacted};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One server's principals.
#[derive(Debug)]
pub(super) struct Personally {
    server: ServerSettings,
    ports: Ports,
    shared: Option<Arc<Keeper>>,
    /// Who has signed in alone, as of a version of the store.
    signed_in: Mutex<(Option<u64>, Vec<String>)>,
}

impl Personally {
    pub(super) fn new(server: &ServerSettings, ports: &Ports, shared: Option<Arc<Keeper>>) -> Self {
        Self { server: server.clone(), ports: ports.clone(), shared, signed_in: Mutex::default() }
    }

    /// Whether any principal can have a way of its own.
    pub(super) fn is_possible(server: &ServerSettings) -> bool {
        matches!(server.connection, Connection::Http { .. }) || !server.accounts.principals.is_empty()
    }

    fn signed_in(&self) -> Vec<String> {
        if self.shared.is_none() {
            return Vec::new();
        }
        let version = self.ports.store.version();
        let mut known = self.signed_in.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != Some(version)
            && let Ok(book) = self.ports.store.read()
        {
            let ours = book.accounts.into_iter().filter(|account| account.id.server == self.server.name.as_str());
            *known = (Some(version), ours.filter_map(|account| account.id.principal).collect());
        }
        known.1.clone()
    }

    fn keeper(&self, principal: &str, given: Option<&PrincipalSettings>) -> Option<Arc<Keeper>> {
        let own = |name: &str, principal: Option<&str>| AccountId {
            server: self.server.name.to_string(),
            account: name.to_owned(),
            principal: principal.map(str::to_owned),
        };
        let id = match given.and_then(|given| given.account.as_deref()) {
            Some(account) => own(account, None),
            None if self.signs_in_alone(principal) => own(&shared_account(&self.server).account, Some(principal)),
            None => return self.shared.clone(),
        };
        keeper(&self.ports, &self.server, id)
    }

    fn signs_in_alone(&self, principal: &str) -> bool {
        let operator = [PRINCIPAL, "local"].contains(&principal);
        self.signed_in().iter().any(|name| name == principal) || (self.server.accounts.per_principal && !operator)
    }

    fn transport(&self, given: Option<&PrincipalSettings>) -> TransportSpec {
        let mut connection = self.server.connection.clone();
        match (&mut connection, given) {
            (Connection::Http { headers, .. }, Some(given)) => lay_over(headers, &given.headers),
            (Connection::Stdio { env, .. }, Some(given)) => env.extend(given.env.clone()),
            _ => {}
        }
        super::source::transport(connection)
    }
}

/// Headers are the same whatever letters they are written with.
fn lay_over(headers: &mut BTreeMap<String, Redacted<String>>, own: &BTreeMap<String, Redacted<String>>) {
    headers.retain(|name, _| !own.keys().any(|other| other.eq_ignore_ascii_case(name)));
    headers.extend(own.clone());
}

impl Personal for Personally {
    fn of(&self, principal: &Principal) -> Option<Own> {
        let given = self.server.accounts.principals.get(&*principal.0);
        if given.is_none() && !self.signs_in_alone(&principal.0) {
            return None;
        }
        let authorized =
            given.is_some_and(|given| given.headers.keys().any(|it| it.eq_ignore_ascii_case("authorization")));
        let keeper = if authorized { None } else { self.keeper(&principal.0, given) };
        Some(Own { transport: self.transport(given), keeper })
    }

    fn anybody(&self) -> Option<Principal> {
        let named = self.server.accounts.principals.keys().next().cloned();
        named.or_else(|| self.signed_in().into_iter().next()).map(|name| Principal(name.into()))
    }
}
