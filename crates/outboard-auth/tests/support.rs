//! A made-up network: a server, an authorization server, and what they were asked.

use futures::future::BoxFuture;
use outboard_auth::{
    AccountId, AuthError, ClientSettings, FileStore, Http, Keeper, Method, Ports, Reply, Request, SignIn,
};
use outboard_types::Redacted;
use outboard_vault::{KeySource, TextSeal};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use url::Url;

pub(crate) const SERVER: &str = "https://mcp.example/mcp";
pub(crate) const RESOURCE: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const METADATA: &str = "https://as.example/.well-known/oauth-authorization-server";
pub(crate) const TOKEN: &str = "https://as.example/token";
pub(crate) const REDIRECT: &str = "http://127.0.0.1:7777/callback";

/// One request as it was made.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) authorization: Option<String>,
    pub(crate) proof: Option<String>,
}

impl Asked {
    /// A field of a form.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(self.body.as_bytes());
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// The network. The last answer of an address is given again and again.
#[derive(Default)]
pub(crate) struct World {
    answers: Mutex<HashMap<String, VecDeque<Reply>>>,
    asked: Mutex<Vec<Asked>>,
}

impl World {
    /// Everything is as it should be.
    pub(crate) fn standard() -> Arc<Self> {
        let world = Arc::new(Self::default());
        let challenge = format!("Bearer resource_metadata=\"{RESOURCE}\", scope=\"read\"");
        let reply = Reply { status: 401, challenges: vec![challenge], ..Reply::default() };
        world.reply(SERVER, reply);
        world.say(RESOURCE, 200, &resource());
        world.say(METADATA, 200, &server());
        world.say("https://as.example/register", 201, &json!({"client_id": "given"}));
        world.say(TOKEN, 200, &token("access-1", "refresh-1"));
        world
    }

    pub(crate) fn reply(&self, url: &str, reply: Reply) {
        self.answers.lock().unwrap().entry(url.to_owned()).or_default().push_back(reply);
    }

    pub(crate) fn say(&self, url: &str, status: u16, body: &Value) {
        self.reply(url, Reply { status, body: body.to_string().into_bytes(), ..Reply::default() });
    }

    /// The next answer, before those that are there.
    pub(crate) fn first(&self, url: &str, reply: Reply) {
        self.answers.lock().unwrap().entry(url.to_owned()).or_default().push_front(reply);
    }

    /// The only answer from now on.
    pub(crate) fn only(&self, url: &str, status: u16, body: &Value) {
        self.answers.lock().unwrap().remove(url);
        self.say(url, status, body);
    }

    pub(crate) fn asked(&self, url: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.url.split('?').next() == Some(url)).cloned().collect()
    }
}

impl Http for World {
    fn send<'a>(&'a self, request: Request) -> BoxFuture<'a, Result<Reply, AuthError>> {
        Box::pin(async move {
            // Others get their turn, as they would over a network.
            tokio::task::yield_now().await;
            let body = match &request.method {
                Method::Get => String::new(),
                Method::Post(_, body) => body.expose().clone(),
            };
            let authorization = request.authorization.map(|text| text.expose().clone());
            let (url, proof) = (request.url.to_string(), request.proof);
            self.asked.lock().unwrap().push(Asked { url, body, authorization, proof });
            let mut answers = self.answers.lock().unwrap();
            let Some(queue) = answers.get_mut(request.url.as_str()) else {
                return Ok(Reply { status: 404, ..Reply::default() });
            };
            Ok(if queue.len() > 1 { queue.pop_front().unwrap() } else { queue[0].clone() })
        })
    }

    fn is_private<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, bool> {
        Box::pin(async { false })
    }
}

pub(crate) fn resource() -> Value {
    json!({"resource": SERVER, "authorization_servers": [ISSUER], "scopes_supported": ["other"]})
}

pub(crate) fn server() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": TOKEN,
        "registration_endpoint": "https://as.example/register",
        "device_authorization_endpoint": "https://as.example/device",
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["read", "write"],
    })
}

/// The metadata with one field as given.
pub(crate) fn with(mut value: Value, key: &str, field: Value) -> Value {
    value[key] = field;
    value
}

pub(crate) fn token(access: &str, refresh: &str) -> Value {
    json!({"access_token": access, "token_type": "Bearer", "expires_in": 3600, "refresh_token": refresh, "scope": "read"})
}

/// Another program over the same file.
pub(crate) fn ports(world: &Arc<World>, folder: &Path) -> Ports {
    let key = KeySource::File(folder.join("key"));
    let seal = move || TextSeal::of(&key, true, "test").map_err(|error| error.to_string());
    let store = FileStore::new(folder.join("accounts.sealed"), Box::new(seal));
    Ports { http: world.clone(), store: Arc::new(store) }
}

pub(crate) fn id() -> AccountId {
    AccountId { server: "docs".into(), account: "default".into(), principal: None }
}

pub(crate) fn sign_in(ports: &Ports, settings: ClientSettings) -> SignIn {
    SignIn { ports: ports.clone(), id: id(), server: SERVER.parse().unwrap(), settings, scopes: Vec::new() }
}

pub(crate) fn keeper(ports: &Ports, settings: ClientSettings) -> Keeper {
    Keeper::new(ports.clone(), id(), SERVER.parse().unwrap(), settings)
}

/// Signs in with the answer that the browser would bring.
pub(crate) async fn signed_in(ports: &Ports) {
    let begun = sign_in(ports, ClientSettings::default()).find().await.unwrap().begin(REDIRECT.into()).await.unwrap();
    let answer = format!("{REDIRECT}?code=c&state={}&iss={ISSUER}", begun.state());
    begun.finish(&answer).await.unwrap();
}

pub(crate) fn exposed(token: Option<Redacted<String>>) -> Option<String> {
    token.map(|token| token.expose().clone())
}
