//! Requests to the token endpoint: for a code, for a refresh, for ourselves, for a device.

use crate::address::Reach;
use crate::assertion;
use crate::dpop::{self, ProofKey, Use};
use crate::error::{AuthError, Reason};
use crate::http::{Http, Reply, Request};
use crate::metadata;
use crate::registration::{AuthMethod, Client, said};
use base64::Engine as _;
use outboard_types::Redacted;
use serde::Deserialize;
use url::Url;

/// Longest token; a longer one would not fit into a header.
const LONGEST: usize = 16 << 10;

/// What was granted.
pub(crate) struct Granted {
    pub(crate) access: Redacted<String>,
    pub(crate) refresh: Option<Redacted<String>>,
    pub(crate) seconds: Option<u64>,
    pub(crate) scopes: Option<Vec<String>>,
    /// Whether it is bound to the key that the request proved.
    pub(crate) bound: bool,
}

/// Why nothing was granted.
pub(crate) enum NotGranted {
    /// The endpoint said so, with the word of the standard.
    Refused(String, AuthError),
    /// Something else went wrong; asking again may help.
    Failed(AuthError),
}

impl NotGranted {
    pub(crate) fn into_error(self) -> AuthError {
        match self {
            Self::Refused(_, error) | Self::Failed(error) => error,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
    scope: Option<String>,
}

/// Asks the token endpoint on behalf of a client; with a key, for a token that is bound to it.
pub(crate) async fn ask(
    http: &dyn Http,
    endpoint: &str,
    reach: Reach,
    client: &Client,
    fields: &[(&str, &str)],
    key: Option<&ProofKey>,
) -> Result<Granted, NotGranted> {
    let bad = |_| NotGranted::Failed(AuthError::new(Reason::BadMetadata, "the token endpoint is no address"));
    let url: Url = endpoint.parse().map_err(bad)?;
    let mut nonce = None;
    loop {
        let mut request = request(url.clone(), reach, client, fields).map_err(NotGranted::Failed)?;
        let made = Use { method: "POST", url: &url, nonce: nonce.as_deref(), token: None };
        request.proof = key.map(|key| key.proof(&made)).transpose().map_err(NotGranted::Failed)?;
        let reply = http.send(request).await.map_err(NotGranted::Failed)?;
        let wanted = reply.nonce.clone().filter(|wanted| key.is_some() && nonce.is_none() && dpop::usable(wanted));
        match (read(reply, key.is_some()), wanted) {
            (Err(NotGranted::Refused(word, _)), Some(wanted)) if word == dpop::WANTS_NONCE => nonce = Some(wanted),
            (answer, _) => return answer,
        }
    }
}

/// A request of a client, which says who it is.
pub(crate) fn request(url: Url, reach: Reach, client: &Client, fields: &[(&str, &str)]) -> Result<Request, AuthError> {
    let secret = client.secret.as_ref().map(|secret| secret.expose().as_str());
    let mut fields = fields.to_vec();
    let mut basic = None;
    let statement = client.key.as_ref().map(|key| key.statement(&client.id, &client.issuer)).transpose()?;
    match (client.method, secret) {
        (AuthMethod::ClientSecretBasic, Some(secret)) => basic = Some(header(&client.id, secret)),
        (AuthMethod::ClientSecretPost, Some(secret)) => {
            fields.extend([("client_id", client.id.as_str()), ("client_secret", secret)]);
        }
        _ => fields.push(("client_id", client.id.as_str())),
    }
    if let Some(statement) = &statement {
        fields.extend([("client_assertion_type", assertion::KIND), ("client_assertion", statement)]);
    }
    Ok(Request { authorization: basic, ..Request::form(url, &fields, reach) })
}

/// Each part as a form has it, as RFC 6749 wants.
fn header(id: &str, secret: &str) -> Redacted<String> {
    let part = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", part(id), part(secret));
    Redacted::new(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both)))
}

fn read(reply: Reply, proven: bool) -> Result<Granted, NotGranted> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    if reply.status != 200 {
        let text = format!("the token endpoint refused with HTTP {}: {}", reply.status, said(&reply.body));
        let error = AuthError::new(Reason::NoToken, text);
        return Err(match serde_json::from_slice::<Refusal>(&reply.body) {
            Ok(refusal) if (400..500).contains(&reply.status) => NotGranted::Refused(refusal.error, error),
            _ => NotGranted::Failed(error),
        });
    }
    let answer: Answer = metadata::read(&reply.body, "the answer of the token endpoint").map_err(NotGranted::Failed)?;
    let unusable = |why| NotGranted::Failed(AuthError::new(Reason::NoToken, why));
    let bound = proven && answer.token_type.eq_ignore_ascii_case("dpop");
    if !bound && !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(unusable("the token endpoint gave a token of another kind than was asked for"));
    }
    let plain =
        |token: &String| token.len() <= LONGEST && !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    if !plain(&answer.access_token) || answer.refresh_token.as_ref().is_some_and(|token| !plain(token)) {
        return Err(unusable("the token endpoint gave a token that no header can carry"));
    }
    Ok(Granted {
        access: Redacted::new(answer.access_token),
        refresh: answer.refresh_token.map(Redacted::new),
        seconds: answer.expires_in.and_then(|value| seconds(&value)),
        scopes: answer.scope.map(|scope| scope.split_ascii_whitespace().map(str::to_owned).collect()),
        bound,
    })
}

/// Some servers write numbers as texts.
fn seconds(value: &serde_json::Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|seconds| seconds as u64)).or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Result<Granted, NotGranted> {
        read(Reply { status, body: body.as_bytes().to_vec(), ..Reply::default() }, false)
    }

    #[test]
    fn tokens_are_read_and_anything_else_is_refused() {
        let granted = reply(200, r#"{"access_token":"a","token_type":"bearer","expires_in":"60","scope":"x y"}"#);
        let granted = granted.unwrap_or_else(|_| panic!("a token"));
        assert_eq!((granted.seconds, granted.scopes.unwrap().len()), (Some(60), 2));
        for body in [
            "",
            "[]",
            r#"{"access_token":"a","token_type":"DPoP"}"#,
            r#"{"access_token":"a\r\nX: y","token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
        ] {
            assert!(matches!(reply(200, body), Err(NotGranted::Failed(_))), "{body}");
        }
        let refused = reply(400, r#"{"error":"invalid_grant","error_description":"gone\u0007\u001b[31m"}"#);
        let Err(NotGranted::Refused(word, error)) = refused else { panic!("refused") };
        assert_eq!(word, "invalid_grant");
        assert!(!error.message.contains('\u{7}') && error.message.contains("gone"), "{error}");
        assert!(matches!(reply(503, "busy"), Err(NotGranted::Failed(_))));
    }

    #[test]
    fn basic_credentials_are_encoded_part_by_part() {
        let value = header("a:b", "c d").expose().clone();
        let text = base64::engine::general_purpose::STANDARD.decode(value.strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "a%3Ab:c+d");
    }
}
