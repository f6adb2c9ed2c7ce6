//! `outboard login` and `outboard logout`: accounts at servers.

use super::token::noted;
use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_auth::{Account, AccountId, AuthError, Begun, Found, Listener, Revoked, SignIn};
use outboard_config::{Connection, ServerSettings, Settings};
use outboard_types::ErrorCode;
use serde_json::json;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) async fn run(cli: &Cli, args: &cli::Login) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let server = server(&settings, &args.server)?;
    let Connection::Http { url, headers } = &server.connection else {
        return Err(Failure::usage(format!("{} has no address; it takes its credentials from `env`", server.name)));
    };
    if headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")) {
        return Err(Failure::usage(format!("the settings give an Authorization header for {}", server.name))
            .hint("remove it to sign in instead"));
    }
    let url: url::Url = url.parse().map_err(|error| Failure::usage(format!("{}: url: {error}", server.name)))?;
    let id = account(server, args.account.as_ref(), args.principal.as_ref())?;
    let ports = compose::ports(&settings);
    let client = compose::client(server);
    let sign_in = SignIn { ports, id: id.clone(), server: url, settings: client, scopes: args.scope.clone() };
    let found = sign_in.find().await?;
    let scopes = if found.scopes().is_empty() { "no particular scope".into() } else { found.scopes().join(" ") };
    output::talk(&format!("signing in to {} at {} with {scopes}", server.name, found.issuer()));
    let account = granted(found, args.no_browser).await?;
    noted(&settings, args.principal.as_deref().unwrap_or("local"), "login", &format!("{id} at {}", account.issuer))?;
    told(&account, args.json);
    Ok(ExitCode::SUCCESS)
}

fn told(account: &Account, as_json: bool) {
    let AccountId { server, account: name, principal } = &account.id;
    if as_json {
        output::json(&json!({
            "id": account.id.to_string(),
            "status": "signed_in",
            "server": server,
            "account": name,
            "principal": principal,
            "issuer": account.issuer,
            "scopes": account.scopes,
            "expires": account.expires,
        }));
    }
    output::talk(&format!("signed in to {}", account.id));
}

/// Over a browser here, over one elsewhere, or with a code.
async fn granted(found: Found, no_browser: bool) -> Result<Account, Failure> {
    if no_browser && found.has_device_grant() {
        let code = found.device().await?;
        output::talk(&format!("open {}\nand enter the code {}", code.address, code.user_code));
        return Ok(code.wait().await?);
    }
    let listener = Listener::open(found.known_port()).await?;
    let begun = found.begin(listener.redirect()).await?;
    let answer = if no_browser { pasted(&listener, &begun).await? } else { browsed(&listener, &begun).await? };
    Ok(begun.finish(&answer).await?)
}

async fn browsed(listener: &Listener, begun: &Begun) -> Result<String, AuthError> {
    match opened(begun.address().as_str()) {
        true => output::talk(&format!("the browser was opened; if it was not, go to\n{}", begun.address())),
        false => output::talk(&format!("open this address in a browser of this machine:\n{}", begun.address())),
    }
    listener.answer(begun.state(), PATIENCE).await
}

/// The browser of another machine ends at an address that leads nowhere there, but holds the answer.
async fn pasted(listener: &Listener, begun: &Begun) -> Result<String, AuthError> {
    output::talk(&format!("open this address in any browser:\n{}", begun.address()));
    output::talk("then paste the address at which it ends, even if no page is shown there:");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let typed = async {
        loop {
            match lines.next_line().await {
                Ok(Some(line)) if !line.trim().is_empty() => return line,
                Ok(Some(_)) => {}
                // Nobody types; the browser may be one of this machine all the same.
                _ => std::future::pending::<()>().await,
            }
        }
    };
    tokio::select! {
        line = typed => Ok(line),
        answer = listener.answer(begun.state(), PATIENCE) => answer,
    }
}

/// Whether a browser could be started. The address was checked: it is https, or this machine.
fn opened(address: &str) -> bool {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let started =
        Command::new(program).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.is_ok()
}

pub(super) async fn out(cli: &Cli, args: &cli::Logout) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let server = server(&settings, &args.server)?;
    let id = account(server, args.account.as_ref(), args.principal.as_ref())?;
    let (ports, mut gone) = (compose::ports(&settings), None);
    // Forgotten first: whatever the network does, this machine has the tokens no more.
    ports.store.update(&mut |book| {
        gone = book.find(&id).cloned();
        book.forget(&id);
    })?;
    let Some(gone) = gone else {
        output::talk(&format!("nobody was signed in to {id}"));
        return Ok(ExitCode::SUCCESS);
    };
    noted(&settings, args.principal.as_deref().unwrap_or("local"), "logout", &id.to_string())?;
    let told = match gone.revoke(&*ports.http, &compose::client(server)).await {
        Ok(Revoked::Done) => format!("{} has taken the tokens back", gone.issuer),
        Ok(Revoked::Nowhere) => format!("{} takes no tokens back; they are good until they are over", gone.issuer),
        Err(error) => format!("the tokens are good until they are over: {error}"),
    };
    output::talk(&format!("signed out of {id}; {told}"));
    Ok(ExitCode::SUCCESS)
}

fn server<'s>(settings: &'s Settings, name: &str) -> Result<&'s ServerSettings, Failure> {
    let known = || settings.servers.iter().map(|server| server.name.to_string()).collect::<Vec<_>>().join(", ");
    settings.servers.iter().find(|server| server.name.as_str() == name).ok_or_else(|| {
        Failure::new(ErrorCode::UnknownServer, format!("no server {name:?} is configured"))
            .hint(format!("configured are: {}", known()))
    })
}

fn account(server: &ServerSettings, name: Option<&String>, principal: Option<&String>) -> Result<AccountId, Failure> {
    let shared = compose::shared_account(server);
    let id = AccountId { account: name.cloned().unwrap_or(shared.account), principal: principal.cloned(), ..shared };
    let plain = |text: &str| !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    match plain(&id.account) && id.principal.as_deref().is_none_or(plain) {
        true => Ok(id),
        false => Err(Failure::usage("--account and --principal take names of at most 200 characters")),
    }
}
