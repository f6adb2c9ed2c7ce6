//! From a server's address to the authorization server that stands before it.

use crate::address::{self, Reach, belongs, checked, covers, shown};
use crate::challenge::Challenge;
use crate::client::ClientSettings;
use crate::dpop;
use crate::error::{AuthError, Reason, harmless};
use crate::http::{Http, Request};
use crate::metadata::{self, ResourceMetadata, ServerMetadata};
use url::Url;

/// What was found about a server.
#[derive(Debug, Clone)]
pub(crate) struct Discovery {
    pub(crate) reach: Reach,
    /// What tokens are asked for.
    pub(crate) resource: String,
    /// The scopes that the server names; none where it says nothing.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) server: ServerMetadata,
    /// Whether both servers take tokens that are bound to a key of ours.
    pub(crate) proofs: bool,
}

/// Looks for both kinds of metadata; `challenge` is what the server said when it refused.
pub(crate) async fn discover(
    http: &dyn Http,
    server: &Url,
    challenge: &Challenge,
    settings: &ClientSettings,
) -> Result<Discovery, AuthError> {
    let reach = reach(http, server).await;
    checked(server.as_str(), "the server's address", reach)?;
    let found = resource(http, server, challenge, reach, settings).await?;
    let taken = challenge.proofs || found.as_ref().is_some_and(ResourceMetadata::takes_proofs);
    let (resource, named, scopes) = match found {
        Some(found) => (found.resource.clone(), found.authorization_servers, found.scopes_supported),
        // Servers of the first revision are their own authorization servers.
        None => (server.as_str().to_owned(), vec![server.origin().ascii_serialization()], None),
    };
    let issuer = choose(&named, settings)?;
    let (server, _) = authorization_server(http, &issuer, reach).await?;
    check_endpoints(&server, reach, settings)?;
    let proofs = taken && server.dpop_signing_alg_values_supported.iter().any(|known| known == dpop::ALGORITHM);
    Ok(Discovery { reach, resource, scopes, server, proofs })
}

/// Where addresses may lead. A name is looked up: a server of a private network may be named as any other.
pub(crate) async fn reach(http: &dyn Http, server: &Url) -> Reach {
    match Reach::of(server) {
        Reach::Public if http.is_private(server).await => Reach::Private,
        known => known,
    }
}

fn choose(named: &[String], settings: &ClientSettings) -> Result<String, AuthError> {
    let Some(wanted) = &settings.issuer else {
        let none = || AuthError::new(Reason::BadMetadata, "the server names no authorization server");
        return named.first().cloned().ok_or_else(none);
    };
    if named.iter().any(|issuer| same(issuer, wanted)) {
        return Ok(wanted.clone());
    }
    let found = named.iter().take(3).map(|issuer| harmless(issuer)).collect::<Vec<_>>().join(", ");
    Err(AuthError::new(
        Reason::IssuerMismatch,
        format!("the server names the authorization server {found}, and the settings {wanted}"),
    )
    .hint("if the server has moved, set `oauth.issuer` of the server anew"))
}

/// The same issuer: byte for byte, but for the slash after a host without a path.
fn same(one: &str, other: &str) -> bool {
    let bare =
        |text: &str| text.strip_suffix('/').filter(|rest| rest.matches('/').count() == 2).unwrap_or(text).to_owned();
    bare(one) == bare(other)
}

async fn resource(
    http: &dyn Http,
    server: &Url,
    challenge: &Challenge,
    reach: Reach,
    settings: &ClientSettings,
) -> Result<Option<ResourceMetadata>, AuthError> {
    let places = match &challenge.resource_metadata {
        Some(named) => {
            let url = checked(named, "the address of the resource's metadata", reach)?;
            if !belongs(&url, server, &settings.hosts) {
                return Err(foreign("the address of the resource's metadata", &url));
            }
            vec![url]
        }
        None => well_known(server, "oauth-protected-resource"),
    };
    for place in places {
        let Some(body) = fetch(http, place, reach).await? else { continue };
        let found: ResourceMetadata = metadata::read(&body, "the resource's metadata")?;
        let mismatch = || {
            let text = format!("the metadata are those of another resource: {}", harmless(&found.resource));
            AuthError::new(Reason::ResourceMismatch, text)
        };
        let resource = Url::parse(&found.resource).map_err(|_| mismatch())?;
        return if covers(&resource, server) { Ok(Some(found)) } else { Err(mismatch()) };
    }
    match challenge.resource_metadata {
        Some(_) => Err(AuthError::new(Reason::BadMetadata, "the server names metadata that are not there")),
        None => Ok(None),
    }
}

/// The metadata of an issuer, as read and as they came.
pub(crate) async fn authorization_server(
    http: &dyn Http,
    issuer: &str,
    reach: Reach,
) -> Result<(ServerMetadata, Vec<u8>), AuthError> {
    let url = checked(issuer, "the authorization server", reach)?;
    let mut places =
        vec![well_known_at(&url, "oauth-authorization-server"), well_known_at(&url, "openid-configuration")];
    if url.path() != "/" {
        let mut below = url.clone();
        below.set_path(&format!("{}/.well-known/openid-configuration", url.path().trim_end_matches('/')));
        places.push(below);
    }
    for place in places {
        let Some(body) = fetch(http, place, reach).await? else { continue };
        let found: ServerMetadata = metadata::read(&body, "the authorization server's metadata")?;
        if !same(&found.issuer, issuer) {
            let other = harmless(&found.issuer);
            let text = format!("the metadata of {} are those of {other}", shown(&url));
            return Err(AuthError::new(Reason::IssuerMismatch, text));
        }
        return Ok((found, body));
    }
    Err(AuthError::new(Reason::BadMetadata, format!("the authorization server {} publishes no metadata", shown(&url))))
}

/// Every endpoint is where the issuer is, whether or not it is going to be used.
fn check_endpoints(server: &ServerMetadata, reach: Reach, settings: &ClientSettings) -> Result<(), AuthError> {
    let issuer = checked(&server.issuer, "the issuer", reach)?;
    let endpoints = [
        ("the authorization endpoint", &server.authorization_endpoint),
        ("the token endpoint", &server.token_endpoint),
        ("the registration endpoint", &server.registration_endpoint),
        ("the device endpoint", &server.device_authorization_endpoint),
    ];
    for (what, endpoint) in endpoints {
        let Some(endpoint) = endpoint else { continue };
        let url = checked(endpoint, what, reach)?;
        if !belongs(&url, &issuer, &settings.hosts) {
            return Err(foreign(what, &url));
        }
    }
    Ok(())
}

fn foreign(what: &str, url: &Url) -> AuthError {
    let host = url.host_str().unwrap_or_default();
    AuthError::new(Reason::ForeignAddress, format!("{what} is at another host: {}", address::shown(url)))
        .hint(format!("if that host belongs to it, add {host:?} to `oauth.hosts` of the server"))
}

/// With the path of the resource, then without.
fn well_known(url: &Url, name: &str) -> Vec<Url> {
    let mut places = vec![well_known_at(url, name)];
    if url.path() != "/" {
        places.push(well_known_at(&url.join("/").unwrap_or_else(|_| url.clone()), name));
    }
    places
}

fn well_known_at(url: &Url, name: &str) -> Url {
    let mut place = url.clone();
    place.set_path(&format!("/.well-known/{name}{}", url.path().trim_end_matches('/')));
    place.set_query(None);
    place
}

/// A document, unless there is none.
async fn fetch(http: &dyn Http, place: Url, reach: Reach) -> Result<Option<Vec<u8>>, AuthError> {
    let at = shown(&place);
    let reply = http.send(Request::get(place, reach)).await?;
    match reply.status {
        200..=299 => Ok(Some(reply.body)),
        300..=399 => Err(AuthError::new(Reason::Redirected, format!("{at} answers with a redirect"))),
        400..=499 => Ok(None),
        status => Err(AuthError::new(Reason::Unreachable, format!("{at} answers with HTTP {status}"))),
    }
}
