//! Signing in with a token that somebody else gave us: the grant `jwt-bearer` (RFC 7523).
//!
//! It comes from a file that the platform keeps fresh (workload identity), and goes to the authorization server as it
//! is. Where a company's identity provider stands before its servers, it is an ID token, which that provider first
//! exchanges for a grant to this one server (RFC 8693, ID-JAG).

use crate::client::{Exchange, Statement};
use crate::discovery::{self, Discovery};
use crate::error::{AuthError, Reason};
use crate::http::Http;
use crate::metadata;
use crate::registration::{self, said};
use crate::token;
use outboard_types::Redacted;
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use url::Url;

/// The grant.
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// A larger file holds no token.
const LARGEST: u64 = 64 << 10;

impl Statement {
    /// What stands for us at the authorization server that was found.
    pub(crate) async fn text(
        &self,
        http: &dyn Http,
        found: &Discovery,
        asked: &[String],
    ) -> Result<Redacted<String>, AuthError> {
        let given = self.read()?;
        match &self.exchange {
            Some(exchange) => exchange.exchanged(http, found, &given, asked).await,
            None => Ok(given),
        }
    }

    /// Read each time: whoever keeps the token fresh exchanges the file.
    fn read(&self) -> Result<Redacted<String>, AuthError> {
        let unusable = |why: &str| {
            let text = format!("the token in {} cannot be used: {why}", self.file.display());
            AuthError::new(Reason::NoToken, text).hint("see `oauth.assertion_file` of the server in the settings")
        };
        let mut text = String::new();
        let file = File::open(&self.file).map_err(|error| unusable(&error.to_string()))?;
        file.take(LARGEST).read_to_string(&mut text).map_err(|error| unusable(&error.to_string()))?;
        let token = text.trim();
        let parts = token.split('.').filter(|part| !part.is_empty()).count();
        if parts != 3 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable("it is no signed token (JWT)"));
        }
        Ok(Redacted::new(token.to_owned()))
    }
}

impl Exchange {
    async fn exchanged(
        &self,
        http: &dyn Http,
        found: &Discovery,
        given: &Redacted<String>,
        asked: &[String],
    ) -> Result<Redacted<String>, AuthError> {
        let bad = |why: &str| AuthError::new(Reason::BadMetadata, format!("the identity provider {why}"));
        let issuer = Url::parse(&self.issuer).map_err(|_| bad("is no address: see `oauth.exchange_issuer`"))?;
        let reach = discovery::reach(http, &issuer).await;
        let (provider, _) = discovery::authorization_server(http, &self.issuer, reach).await?;
        let endpoint = provider.token_endpoint.as_deref().ok_or_else(|| bad("names no token endpoint"))?;
        let url = crate::address::checked(endpoint, "the token endpoint of the identity provider", reach)?;
        if !crate::address::belongs(&url, &issuer, &[]) {
            return Err(AuthError::new(
                Reason::ForeignAddress,
                "the identity provider's token endpoint is at another host",
            ));
        }
        let scope = asked.join(" ");
        let mut fields = vec![
            ("grant_type", EXCHANGE),
            ("requested_token_type", ID_JAG),
            ("subject_token", given.expose()),
            ("subject_token_type", ID_TOKEN),
            ("audience", &found.server.issuer),
            ("resource", &found.resource),
        ];
        fields.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        let client = registration::by_hand(&provider, &self.client_id, self.client_secret.clone());
        let reply = http.send(token::request(url, reach, &client, &fields)?).await?;
        if reply.status != 200 {
            let text = format!("the identity provider refused with HTTP {}: {}", reply.status, said(&reply.body));
            return Err(AuthError::new(Reason::NoToken, text)
                .hint("see whether the token in `oauth.assertion_file` is still good, and made for this provider"));
        }
        read(&reply.body)
    }
}

fn read(body: &[u8]) -> Result<Redacted<String>, AuthError> {
    #[derive(Deserialize)]
    struct Exchanged {
        access_token: String,
        issued_token_type: String,
    }
    let given: Exchanged = metadata::read(body, "the answer of the identity provider")?;
    if given.issued_token_type != ID_JAG {
        return Err(AuthError::new(Reason::NoToken, "the identity provider gave something else than a grant (ID-JAG)"));
    }
    Ok(Redacted::new(given.access_token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_signed_token_is_taken_from_a_file_and_no_part_of_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let statement = Statement { file: folder.path().join("token"), exchange: None };
        assert!(statement.read().unwrap_err().message.contains("token"));
        for text in ["", "s3cret", "a.b", "a..c", "a b.c.d"] {
            std::fs::write(&statement.file, text).unwrap();
            let told = statement.read().unwrap_err();
            assert!(!told.message.contains("s3cret") && told.reason == Reason::NoToken, "{told}");
        }
        std::fs::write(&statement.file, " a.b.c\n").unwrap();
        assert_eq!(statement.read().unwrap().expose(), "a.b.c");
    }

    #[test]
    fn only_a_grant_is_taken_from_an_identity_provider() {
        let answer = |kind: &str| read(format!(r#"{{"access_token":"j","issued_token_type":"{kind}"}}"#).as_bytes());
        assert_eq!(answer(ID_JAG).unwrap().expose(), "j");
        assert_eq!(answer("urn:ietf:params:oauth:token-type:access_token").unwrap_err().reason, Reason::NoToken);
        assert_eq!(read(b"[]").unwrap_err().reason, Reason::BadMetadata);
    }
}
