//! Who is who, in both directions: signing in to servers as the protocol's OAuth 2.1 client, and knowing who
//! calls us as a protected server.
//!
//! The client side works over two ports: [`Http`] sends requests, [`Store`] keeps what was granted. [`SignIn`] is
//! one person's sign-in from the first refusal to the tokens; a [`Keeper`] then hands out the access token of one
//! account, renewed by one at a time. Everything that a server or an authorization server says is checked before
//! it is followed.
//!
//! Never here: settings files, printing, opening browsers, the MCP protocol beyond its challenges.

mod address;
mod assertion;
mod book;
mod challenge;
mod client;
mod device;
mod discovery;
mod dpop;
mod error;
mod file;
mod grant;
mod http;
mod keeper;
mod listener;
mod metadata;
mod registration;
mod resource;
mod revocation;
mod secret;
mod sign_in;
mod standing;
mod statement;
mod store;
mod token;
mod tokens;
mod web;

pub use assertion::ClientKey;
pub use book::{Account, Book};
pub use challenge::Challenge;
pub use client::{AccountId, ClientSettings, Exchange, Grant, Statement};
pub use device::DeviceCode;
pub use error::{AuthError, Reason};
pub use http::{Http, Method, Reply, Request};
pub use keeper::{Keeper, Ports, Verdict};
pub use listener::Listener;
pub use resource::{KeySet, Refused, Resource, ResourceSettings};
pub use revocation::Revoked;
pub use sign_in::{Begun, Found, SignIn};
pub use standing::Standing;
pub use store::{FileStore, GetSeal, Store};
pub use tokens::{Issued, TokenRecord, Tokens};
pub use web::Web;
