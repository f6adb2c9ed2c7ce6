//! From settings to the border: what is private, the vault, its key, and the credentials that nobody may see.

use super::keychain;
use crate::failure::Failure;
use crate::folders;
use outboard_border::{Border, Inside, Notes, Options, Place, Sealed};
use outboard_config::{Connection, PrivacySettings, Settings, WrittenTable};
use outboard_journal::Seal;
use outboard_privacy::{Action, Custom, FieldRule, Kind, Names};
use outboard_types::{ErrorCode, Redacted};
use outboard_vault::{FileSeal, FlowRule, FlowRules, KeySource, View};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

/// The border that the settings describe, unless they turn it off.
pub(crate) fn border(settings: &Settings) -> Result<Option<Arc<Border>>, Failure> {
    let given = &settings.privacy;
    if !given.enabled {
        return Ok(None);
    }
    std::fs::create_dir_all(&settings.state_dir)?;
    let detector = detector(given)?;
    let own = detector.custom.iter().map(|kind| kind.name.clone());
    let mut vault = outboard_vault::Options {
        views: views(given)?,
        keep_ms: given.keep.as_millis() as u64,
        ..outboard_vault::Options::default()
    };
    vault.kinds.extend(own);
    let options = Options {
        detector,
        vault,
        flows: FlowRules::new(tables::<FlowRule>("privacy.flows", &given.flows)?, outboard_vault::Action::Allow),
        inside: if given.inside_tokens { Inside::Tokens } else { Inside::Values },
        secrets: secrets(settings),
    };
    // The key before the vault: another process that sees the vault may rely on the key.
    seal(settings)?;
    let opened = Border::open(&settings.state_dir.join("vault.sqlite"), &key(settings)?, options);
    let border = opened.map_err(|error| wrong(error.to_string()))?;
    for refused in border.refused() {
        tracing::warn!(name = %refused.name, "too short to be kept out of what is shown");
    }
    let border = Arc::new(border);
    crate::logs::keep_from_log(&border);
    Ok(Some(border))
}

/// What makes the journal's texts unreadable at rest.
pub(crate) fn seal(settings: &Settings) -> Result<Option<Arc<dyn Seal>>, Failure> {
    if !settings.privacy.enabled {
        return Ok(None);
    }
    let may_make = !settings.state_dir.join("vault.sqlite").exists();
    let sealed = Sealed::new(&key(settings)?, may_make).map_err(|error| wrong(error.to_string()))?;
    Ok(Some(Arc::new(sealed)))
}

/// What makes the files that executions began with unreadable at rest.
pub(crate) fn file_seal(settings: &Settings) -> Result<Option<Arc<FileSeal>>, Failure> {
    if !settings.privacy.enabled {
        return Ok(None);
    }
    let sealed = FileSeal::new(&key(settings)?, !settings.state_dir.join("vault.sqlite").exists());
    Ok(Some(Arc::new(sealed.map_err(|error| wrong(error.to_string()))?)))
}

/// A text with tokens; JSON stays JSON. `at` says where it goes.
pub(crate) fn masked(border: &Border, place: &Place, text: &str, at: &str) -> String {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(json) => border.json(place, json, None, at, &mut Notes::default()).get().to_owned(),
        Err(_) => border.text(place, text, at, &mut Notes::default()),
    }
}

/// From the settings or a command, else from a file of the user's, apart from what it seals.
pub(super) fn key(settings: &Settings) -> Result<KeySource, Failure> {
    let given = &settings.privacy;
    let folder = folders::config().unwrap_or_else(|| settings.state_dir.clone());
    if given.key.as_ref().is_some_and(|text| text.expose() == "keychain") {
        static ASKED: OnceLock<Result<Redacted<String>, String>> = OnceLock::new();
        let vault = settings.state_dir.join("vault.sqlite");
        let text = ASKED.get_or_init(|| keychain::key(&folder, &vault)).clone().map_err(wrong)?;
        return Ok(KeySource::Given { from: "the key in the keychain".to_owned(), text });
    }
    if let Some(text) = &given.key {
        return Ok(KeySource::Given { from: "privacy.key".to_owned(), text: text.clone() });
    }
    if !given.key_command.is_empty() {
        let text = commanded(&given.key_command).map_err(wrong)?;
        return Ok(KeySource::Given { from: "privacy.key_command".to_owned(), text });
    }
    let file = given.key_file.clone().unwrap_or_else(|| folder.join("vault.key"));
    if let Some(folder) = file.parent() {
        // If it cannot be made, the error about the key says so.
        let _ = std::fs::create_dir_all(folder);
    }
    Ok(KeySource::File(file))
}

/// What a command prints, such as one that asks the desktop's keychain. It is asked once in the life of a process, and
/// may ask the person in turn: its messages are shown, and nobody hurries it.
fn commanded(command: &[String]) -> Result<Redacted<String>, String> {
    static ASKED: OnceLock<Result<Redacted<String>, String>> = OnceLock::new();
    ASKED
        .get_or_init(|| {
            let (program, rest) = command.split_first().ok_or("privacy.key_command names no program")?;
            let output = Command::new(program).args(rest).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
            let output = output.map_err(|error| format!("privacy.key_command: {program}: {error}"))?;
            match output.status.success() {
                true => Ok(Redacted::new(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
                false => Err(format!("privacy.key_command: {program} ended with {}", output.status)),
            }
        })
        .clone()
}

/// What is looked for.
pub(crate) fn detector(given: &PrivacySettings) -> Result<outboard_privacy::Options, Failure> {
    let mut options = outboard_privacy::Options {
        names: match given.names.as_str() {
            "off" => Names::Off,
            "prose" => Names::Prose,
            _ => Names::Structured,
        },
        allow: given.allow.clone(),
        custom: tables::<WrittenDetector>("privacy.detectors", &given.detectors)?
            .into_iter()
            .map(Custom::from)
            .collect(),
        fields: tables::<WrittenField>("privacy.fields", &given.fields)?
            .into_iter()
            .map(FieldRule::try_from)
            .collect::<Result<_, _>>()
            .map_err(wrong)?,
        ..outboard_privacy::Options::default()
    };
    if !given.kinds.is_empty() {
        options.kinds =
            given.kinds.iter().map(|label| kind("privacy.kinds", label)).collect::<Result<_, _>>().map_err(wrong)?;
    }
    Ok(options)
}

fn kind(key: &str, label: &str) -> Result<Kind, String> {
    Kind::from_label(label).ok_or_else(|| {
        let known: Vec<_> = Kind::BUILT_IN.iter().map(|kind| kind.label().to_owned()).collect();
        format!("{key}: there is no kind {label:?}; there are {}", known.join(", "))
    })
}

fn views(given: &PrivacySettings) -> Result<HashMap<String, View>, Failure> {
    let view = |(kind, word): (&String, &String)| match word.as_str() {
        "domain" => Ok((kind.clone(), View::Domain)),
        "last_four" => Ok((kind.clone(), View::LastFour)),
        other => Err(wrong(format!("privacy.views.{kind}: expected \"domain\" or \"last_four\", found {other:?}"))),
    };
    given.views.iter().map(view).collect()
}

/// Credentials of servers and of ours, by where they are configured.
fn secrets(settings: &Settings) -> Vec<(String, Redacted<String>)> {
    let servers = settings.servers.iter().flat_map(|server| {
        let all = match &server.connection {
            Connection::Stdio { env, .. } => env.clone(),
            Connection::Http { headers, .. } => headers.clone(),
            Connection::ListingOnly => Default::default(),
        };
        let accounts = &server.accounts;
        let principals =
            accounts.principals.values().flat_map(|own| own.headers.clone().into_iter().chain(own.env.clone()));
        let client = accounts.oauth.client_secret.iter().map(|secret| ("client_secret".to_owned(), secret.clone()));
        let all = all.into_iter().chain(principals).chain(client);
        all.map(|(name, value)| (format!("{}.{name}", server.name), value)).collect::<Vec<_>>()
    });
    let own =
        settings.approvals.webhook_secret.iter().map(|secret| ("approvals.webhook_secret".to_owned(), secret.clone()));
    let token = std::env::var("OUTBOARD_TOKEN").ok().map(|token| ("OUTBOARD_TOKEN".to_owned(), Redacted::new(token)));
    let model = settings.agent.key.iter().map(|key| ("agent.key".to_owned(), key.clone()));
    servers.chain(own).chain(token).chain(model).filter(|(_, value)| value.expose().len() >= 6).collect()
}

fn wrong(problem: String) -> Failure {
    Failure::new(ErrorCode::InvalidSettings, problem)
}

/// The tables of a list, each as its own type.
pub(crate) fn tables<T: DeserializeOwned>(list: &str, written: &[WrittenTable]) -> Result<Vec<T>, Failure> {
    let one = |(index, table): (usize, &WrittenTable)| {
        let read = table.fields.clone().try_into();
        read.map_err(|error: toml::de::Error| wrong(format!("{list}[{index}] ({}): {}", table.origin, error.message())))
    };
    written.iter().enumerate().map(one).collect()
}

/// One table of `[[privacy.detectors]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDetector {
    name: String,
    regex: Option<String>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl From<WrittenDetector> for Custom {
    fn from(written: WrittenDetector) -> Self {
        let WrittenDetector { name, regex, keys, values } = written;
        Self { name, regex, keys, values }
    }
}

/// One table of `[[privacy.fields]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    server: Option<String>,
    tool: Option<String>,
    field: Option<String>,
    kind: Option<String>,
    #[serde(default)]
    allow: bool,
}

impl TryFrom<WrittenField> for FieldRule {
    type Error = String;

    fn try_from(written: WrittenField) -> Result<Self, String> {
        let WrittenField { server, tool, field, kind: label, allow } = written;
        let action = match (label, allow) {
            (Some(label), false) => Action::Deny(kind("privacy.fields", &label)?),
            (None, true) => Action::Allow,
            _ => return Err("privacy.fields: give a `kind`, or `allow = true`".to_owned()),
        };
        Ok(Self { server, tool, field, action })
    }
}
