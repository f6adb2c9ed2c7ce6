//! What to do next, for somebody who has configured nothing yet.

use crate::cli::Cli;
use crate::clients::ClientFile;
use crate::failure::Failure;
use crate::{compose, folders, output};
use outboard_config::Settings;
use outboard_hosts::{Base, HOSTS, Host, is_own, raw_entries};
use std::process::ExitCode;

/// `outboard` alone.
pub(super) fn run(cli: &Cli) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let state = match (settings.servers.len(), hint(&settings)) {
        (_, Some(hint)) => hint,
        (1, None) => "1 server is configured; `outboard list` shows its state.".to_owned(),
        (servers, None) => format!("{servers} servers are configured; `outboard list` shows their state."),
    };
    output::data(&format!(
        "outboard {}: MCP servers as a typed code API, for programs that agents write.\n\n{state}\n\n\
         outboard import            take over the servers that your clients have\n\
         outboard install           put Outboard into a client: Claude Code, Cursor, VS Code …\n\
         outboard run FILE          run a program that calls the servers\n\
         outboard demo              see what it saves, on made-up data\n\
         outboard doctor            check this machine\n\
         outboard --help            everything else",
        env!("CARGO_PKG_VERSION")
    ));
    Ok(ExitCode::SUCCESS)
}

/// Says on stderr what to do next, if no server is configured.
pub(super) fn tell(settings: &Settings) {
    hint(settings).iter().for_each(|hint| output::talk(hint));
}

fn hint(settings: &Settings) -> Option<String> {
    if !settings.servers.is_empty() {
        return None;
    }
    let found: Vec<(&str, usize)> =
        HOSTS.iter().map(|host| (host.name, servers(host))).filter(|(_, servers)| *servers > 0).collect();
    let next = match found.iter().map(|(_, servers)| servers).sum() {
        0usize => {
            "write [servers.NAME] with a `command` or a `url` into outboard.toml, or see `outboard demo`".to_owned()
        }
        all => {
            let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
            format!(
                "{all} were found in {}: `outboard import` takes them over, --dry-run shows them first",
                names.join(", ")
            )
        }
    };
    Some(format!("no servers are configured yet; {next}"))
}

/// How many servers a client has; nothing is said of files that cannot be read.
fn servers(host: &Host) -> usize {
    let Ok(bases) = folders::bases() else { return 0 };
    let entries = host.places.iter().filter_map(|place| {
        let within = (place.base == Base::Project).then_some(bases.project.as_path());
        let file = ClientFile::open(&place.file(&bases), within).ok()?;
        raw_entries(host.format, file.text(), &place.keys(&bases)).ok()
    });
    entries.flatten().filter(|raw| !is_own(&raw.value)).count()
}
