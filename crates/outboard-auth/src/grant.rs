//! What is asked for, and what becomes of the answer.

use crate::book::Account;
use crate::challenge::Challenge;
use crate::client::{AccountId, ClientSettings};
use crate::discovery::Discovery;
use crate::dpop::ProofKey;
use crate::error::{AuthError, Reason};
use crate::http::Http;
use crate::registration::{self, Client};
use crate::statement;
use crate::store::now;
use crate::token::{self, NotGranted};
use url::Url;

/// Those of the settings, else those of the challenge, else those of the metadata; with what was asked for before,
/// and with what refresh tokens take.
pub(crate) fn asked_scopes(
    found: &Discovery,
    settings: &ClientSettings,
    challenge: &Challenge,
    more: &[String],
) -> Vec<String> {
    let challenged = challenge.scopes();
    let mut asked = match (settings.scopes.is_empty(), challenged.is_empty()) {
        (false, _) => settings.scopes.clone(),
        (true, false) => challenged,
        (true, true) => found.scopes.clone().unwrap_or_default(),
    };
    let offline = "offline_access".to_owned();
    let refreshes = found.server.scopes_supported.contains(&offline) && !registration::is_ours(settings);
    for scope in more.iter().cloned().chain(refreshes.then_some(offline)) {
        if !asked.contains(&scope) {
            asked.push(scope);
        }
    }
    asked
}

/// A request for tokens, and what becomes of the answer.
pub(crate) struct TokenRequest<'a> {
    pub(crate) found: &'a Discovery,
    pub(crate) client: Client,
    pub(crate) asked: Vec<String>,
}

impl TokenRequest<'_> {
    pub(crate) async fn granted(
        self,
        http: &dyn Http,
        id: &AccountId,
        server: &Url,
        fields: &[(&str, &str)],
    ) -> Result<Account, NotGranted> {
        let Discovery { reach, resource, server: metadata, .. } = self.found;
        let none = || {
            NotGranted::Failed(AuthError::new(Reason::BadMetadata, "the authorization server names no token endpoint"))
        };
        let endpoint = metadata.token_endpoint.clone().ok_or_else(none)?;
        let scope = self.asked.join(" ");
        let mut fields = fields.to_vec();
        if ["client_credentials", statement::GRANT].iter().any(|ours| fields.contains(&("grant_type", ours))) {
            fields.push(("resource", resource));
            fields.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        }
        let key = self.found.proofs.then(ProofKey::generate).transpose().map_err(NotGranted::Failed)?;
        let granted = token::ask(http, &endpoint, *reach, &self.client, &fields, key.as_ref()).await?;
        Ok(Account {
            id: id.clone(),
            server: server.as_str().to_owned(),
            resource: resource.clone(),
            issuer: metadata.issuer.clone(),
            token_endpoint: endpoint,
            client: self.client,
            proof: key.filter(|_| granted.bound),
            access: granted.access,
            refresh: granted.refresh,
            expires: granted.seconds.map(|seconds| now().saturating_add(seconds)),
            scopes: granted.scopes.unwrap_or_else(|| self.asked.clone()),
            asked: self.asked,
            wanted: Vec::new(),
            over: false,
        })
    }
}
