//! One person's sign-in: from what the server says when it refuses, over the browser, to tokens that are kept.

use crate::book::Account;
use crate::challenge::Challenge;
use crate::client::{AccountId, ClientSettings};
use crate::discovery::{self, Discovery, reach};
use crate::error::{AuthError, Reason, harmless};
use crate::grant::{TokenRequest, asked_scopes};
use crate::http::{Http, Request};
use crate::keeper::Ports;
use crate::registration::{self, Client};
use crate::secret;
use crate::token::NotGranted;
use outboard_types::Redacted;
use url::Url;

/// What is signed in to.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The network, and where it is kept.
    pub ports: Ports,
    /// Which account.
    pub id: AccountId,
    /// The server's address.
    pub server: Url,
    /// What is configured.
    pub settings: ClientSettings,
    /// Scopes to ask for besides.
    pub scopes: Vec<String>,
}

/// A sign-in whose authorization server is known.
#[derive(Debug)]
pub struct Found {
    pub(crate) sign_in: SignIn,
    pub(crate) discovery: Discovery,
    pub(crate) asked: Vec<String>,
}

/// A sign-in that waits for a person.
#[derive(Debug)]
pub struct Begun {
    found: Found,
    client: Client,
    redirect: String,
    state: String,
    verifier: Redacted<String>,
    address: Url,
}

impl SignIn {
    /// Asks the server what it wants, and finds who grants it.
    ///
    /// # Errors
    ///
    /// The server wants no sign-in, or says something that is not followed.
    pub async fn find(self) -> Result<Found, AuthError> {
        let http = &*self.ports.http;
        let challenge = probe(http, &self.server).await?;
        let discovery = discovery::discover(http, &self.server, &challenge, &self.settings).await?;
        let book = self.ports.store.read()?;
        let before = book.find(&self.id).filter(|account| account.issuer == discovery.server.issuer);
        let mut more =
            before.map(|account| [account.asked.clone(), account.wanted.clone()].concat()).unwrap_or_default();
        more.extend(self.scopes.iter().cloned());
        let asked = asked_scopes(&discovery, &self.settings, &challenge, &more);
        Ok(Found { sign_in: self, discovery, asked })
    }
}

/// What the server says to somebody without a token.
async fn probe(http: &dyn Http, server: &Url) -> Result<Challenge, AuthError> {
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;
    let reach = reach(http, server).await;
    let reply = http.send(Request::json(server.clone(), request.to_owned(), reach)).await?;
    Ok(Challenge::read(reply.challenges.iter().map(String::as_str)).filter(|_| reply.status == 401).unwrap_or_default())
}

impl Found {
    /// Who is going to ask the person.
    pub fn issuer(&self) -> String {
        harmless(&self.discovery.server.issuer)
    }

    /// The scopes that are going to be asked for.
    pub fn scopes(&self) -> &[String] {
        &self.asked
    }

    /// Whether a person can agree on another machine.
    pub fn has_device_grant(&self) -> bool {
        self.discovery.server.device_authorization_endpoint.is_some()
    }

    /// The port of the redirect address under which we are known there already.
    pub fn known_port(&self) -> Option<u16> {
        let book = self.sign_in.ports.store.read().ok()?;
        let redirect = book.client(&self.discovery.server.issuer)?.redirect.clone()?;
        Url::parse(&redirect).ok()?.port()
    }

    /// Prepares the address to which the person goes; the answer comes to `redirect`.
    ///
    /// # Errors
    ///
    /// The authorization server does not know us, or does without PKCE.
    pub async fn begin(self, redirect: String) -> Result<Begun, AuthError> {
        let server = &self.discovery.server;
        if !server.code_challenge_methods_supported.iter().any(|method| method == "S256") {
            let text = format!("{} does without PKCE (S256), without which a code could be stolen", self.issuer());
            return Err(AuthError::new(Reason::NoPkce, text));
        }
        let none = || AuthError::new(Reason::BadMetadata, "the authorization server names no place to go to");
        let mut address =
            server.authorization_endpoint.as_deref().and_then(|at| Url::parse(at).ok()).ok_or_else(none)?;
        let client = self.client(Some(&redirect)).await?;
        let (state, verifier) = (secret::random(), Redacted::new(secret::random()));
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &redirect)
            .append_pair("state", &state)
            .append_pair("code_challenge", &secret::challenge(verifier.expose()))
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &self.discovery.resource);
        if !self.asked.is_empty() {
            address.query_pairs_mut().append_pair("scope", &self.asked.join(" "));
        }
        if self.asked.iter().any(|scope| scope == "offline_access") {
            address.query_pairs_mut().append_pair("prompt", "consent");
        }
        Ok(Begun { found: self, client, redirect, state, verifier, address })
    }

    /// Our name there: configured, remembered, or asked for.
    pub(crate) async fn client(&self, redirect: Option<&str>) -> Result<Client, AuthError> {
        let (ports, server) = (&self.sign_in.ports, &self.discovery.server);
        if let Some(client) = registration::known(server, &self.sign_in.settings)? {
            return Ok(client);
        }
        let remembered = ports.store.read()?.client(&server.issuer).cloned();
        if let Some(client) = remembered.filter(|client| client.redirect.as_deref() == redirect) {
            return Ok(client);
        }
        let client = registration::register(&*ports.http, server, self.discovery.reach, redirect).await?;
        ports.store.update(&mut |book| book.put_client(client.clone()))?;
        Ok(client)
    }

    pub(crate) async fn granted(&self, client: Client, fields: &[(&str, &str)]) -> Result<Account, NotGranted> {
        let SignIn { ports, id, server, .. } = &self.sign_in;
        let request = TokenRequest { found: &self.discovery, client, asked: self.asked.clone() };
        let account = request.granted(&*ports.http, id, server, fields).await?;
        ports.store.update(&mut |book| book.put(account.clone())).map_err(NotGranted::Failed)?;
        Ok(account)
    }
}

impl Begun {
    /// Where the person goes.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// What the answer has to say, for whoever waits for it.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Reads the answer, a whole address or its query, and gets the tokens; they are kept when this returns.
    ///
    /// # Errors
    ///
    /// The answer is another sign-in's or another issuer's, the person said no, or there is no token.
    pub async fn finish(self, answer: &str) -> Result<Account, AuthError> {
        let code = self.code(answer)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose().as_str()),
            ("redirect_uri", &self.redirect),
            ("code_verifier", self.verifier.expose()),
            ("resource", &self.found.discovery.resource),
        ];
        self.found.granted(self.client.clone(), &fields).await.map_err(NotGranted::into_error)
    }

    fn code(&self, answer: &str) -> Result<Redacted<String>, AuthError> {
        let query = answer.trim();
        let query = query.split_once('?').map_or(query, |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let all: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let one = |name: &str| {
            let mut found = all.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
            found.next().filter(|_| found.next().is_none())
        };
        if one("state") != Some(self.state.as_str()) {
            return Err(AuthError::new(Reason::StateMismatch, "the answer belongs to another sign-in")
                .hint("open the address that this command printed, and use the address that it ends at"));
        }
        let server = &self.found.discovery.server;
        let present = all.iter().any(|(key, _)| key == "iss");
        if (present || server.authorization_response_iss_parameter_supported) && one("iss") != Some(&server.issuer) {
            let other = one("iss").map_or("nobody that it names".to_owned(), harmless);
            let text = format!("the answer comes from {other} and not from {}", self.found.issuer());
            return Err(AuthError::new(Reason::MixUp, text));
        }
        if let Some(error) = one("error") {
            let why = one("error_description").map_or(String::new(), |text| format!(", {:?}", harmless(text)));
            return Err(AuthError::new(Reason::Denied, format!("the sign-in was refused: {}{why}", harmless(error))));
        }
        let none = || AuthError::new(Reason::Denied, "the answer holds no code");
        one("code").map(|code| Redacted::new(code.to_owned())).ok_or_else(none)
    }
}
