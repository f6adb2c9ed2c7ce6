//! Giving tokens back (RFC 7009), where the authorization server has a place for that.

use crate::address::{belongs, checked};
use crate::book::Account;
use crate::client::ClientSettings;
use crate::discovery::{authorization_server, reach};
use crate::error::{AuthError, Reason};
use crate::http::Http;
use crate::registration::said;
use crate::token;
use url::Url;

/// What came of giving tokens back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// The authorization server has taken them back.
    Done,
    /// It has no place for that; its tokens are good until they are over.
    Nowhere,
}

impl Account {
    /// Tells the authorization server that its tokens are not wanted any more: the refresh token, with which what was
    /// granted goes, and then the access token.
    ///
    /// # Errors
    ///
    /// It could not be asked, or refused to take back the one that counts.
    pub async fn revoke(&self, http: &dyn Http, settings: &ClientSettings) -> Result<Revoked, AuthError> {
        let bad = |_| AuthError::new(Reason::BadMetadata, "the server's address is none");
        let reach = reach(http, &Url::parse(&self.server).map_err(bad)?).await;
        let (metadata, _) = authorization_server(http, &self.issuer, reach).await?;
        let Some(endpoint) = metadata.revocation_endpoint else { return Ok(Revoked::Nowhere) };
        let (url, issuer) =
            (checked(&endpoint, "the revocation endpoint", reach)?, checked(&self.issuer, "the issuer", reach)?);
        if !belongs(&url, &issuer, &settings.hosts) {
            let text = "the revocation endpoint is at another host, and was told no token";
            return Err(AuthError::new(Reason::ForeignAddress, text));
        }
        let refresh = self.refresh.iter().map(|token| (token, "refresh_token"));
        let all = refresh.chain([(&self.access, "access_token")]);
        for (at, (token, kind)) in all.enumerate() {
            let fields = [("token", token.expose().as_str()), ("token_type_hint", kind)];
            let reply = http.send(token::request(url.clone(), reach, &self.client, &fields)?).await?;
            // Some take back refresh tokens alone; with one of them, what follows from it goes as well.
            if at == 0 && reply.status != 200 {
                let text = format!("the tokens were not taken back (HTTP {}): {}", reply.status, said(&reply.body));
                return Err(AuthError::new(Reason::Denied, text));
            }
        }
        Ok(Revoked::Done)
    }
}
