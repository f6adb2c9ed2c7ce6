//! A sign-in that a person ends on another machine, with a code (RFC 8628).

use crate::book::Account;
use crate::error::{AuthError, Reason, harmless};
use crate::http::Request;
use crate::metadata;
use crate::registration::{Client, said};
use crate::sign_in::Found;
use crate::store::now;
use crate::token::NotGranted;
use outboard_types::Redacted;
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// How long a device code is asked about at most, whatever the server says.
const LONGEST_WAIT: u64 = 1_800;

/// A sign-in that a person ends on another machine.
#[derive(Debug)]
pub struct DeviceCode {
    found: Found,
    client: Client,
    code: Redacted<String>,
    pause: Duration,
    until: u64,
    /// Where the person goes.
    pub address: Url,
    /// What the person enters there.
    pub user_code: String,
}

impl Found {
    /// Asks for a code that the person enters on another machine (RFC 8628).
    ///
    /// # Errors
    ///
    /// The authorization server does not know us, or has no such grant.
    pub async fn device(self) -> Result<DeviceCode, AuthError> {
        #[derive(Deserialize)]
        struct Given {
            device_code: String,
            user_code: String,
            verification_uri: String,
            verification_uri_complete: Option<String>,
            expires_in: u64,
            #[serde(default)]
            interval: Option<u64>,
        }
        let none = || AuthError::new(Reason::BadMetadata, "the authorization server has no grant for devices");
        let endpoint = self.discovery.server.device_authorization_endpoint.as_deref();
        let url = endpoint.and_then(|at| Url::parse(at).ok()).ok_or_else(none)?;
        let client = self.client(None).await?;
        let (scope, reach) = (self.asked.join(" "), self.discovery.reach);
        let mut fields = vec![("client_id", client.id.as_str()), ("resource", self.discovery.resource.as_str())];
        if !scope.is_empty() {
            fields.push(("scope", &scope));
        }
        let reply = self.sign_in.ports.http.send(Request::form(url, &fields, reach)).await?;
        if reply.status != 200 {
            return Err(AuthError::new(Reason::Denied, format!("no code was given: {}", said(&reply.body))));
        }
        let given: Given = metadata::read(&reply.body, "the answer with the code")?;
        let address = given.verification_uri_complete.as_ref().unwrap_or(&given.verification_uri);
        let address = crate::address::checked(address, "the address to go to", reach)?;
        let pause = Duration::from_secs(given.interval.unwrap_or(5).clamp(1, 60));
        let until = now() + given.expires_in.min(LONGEST_WAIT);
        let (code, user_code) = (Redacted::new(given.device_code), harmless(&given.user_code));
        Ok(DeviceCode { found: self, client, code, pause, until, address, user_code })
    }
}

impl DeviceCode {
    /// Waits for the person; the tokens are kept when this returns.
    ///
    /// # Errors
    ///
    /// The person said no, or did nothing for too long.
    pub async fn wait(self) -> Result<Account, AuthError> {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.code.expose().as_str()),
            ("resource", &self.found.discovery.resource),
        ];
        let mut pause = self.pause;
        while now() < self.until {
            tokio::time::sleep(pause).await;
            match self.found.granted(self.client.clone(), &fields).await {
                Ok(account) => return Ok(account),
                Err(NotGranted::Refused(word, _)) if word == "authorization_pending" => {}
                Err(NotGranted::Refused(word, _)) if word == "slow_down" => pause += Duration::from_secs(5),
                Err(NotGranted::Refused(_, error)) => return Err(AuthError { reason: Reason::Denied, ..error }),
                Err(NotGranted::Failed(error)) => return Err(error),
            }
        }
        Err(AuthError::new(Reason::TimedOut, "nobody entered the code in time"))
    }
}
