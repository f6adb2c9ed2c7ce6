//! The border itself: what is known, and the way out.

use crate::found::{by_pointer, found};
use crate::notes::Notes;
use crate::place::Place;
use outboard_privacy::{Detector, Hints};
use outboard_types::{Redacted, ToolId, now_ms};
use outboard_vault::{FlowRules, KeySource, RefusedSecret, Secrets, Session, TokensHere, Vault, VaultError};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// What stands for a text that could not be protected.
const WITHHELD: &str = "(withheld: private values could not be told apart; see Outboard's log)";

/// Kinds that are numbers like others once they stand alone.
const PLAIN: [&str; 2] = ["POSTCODE", "DOB"];

/// What programs see of private values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Inside {
    /// The values: what makes programs useful.
    #[default]
    Values,
    /// Tokens, as the model does.
    Tokens,
}

/// How the border is kept.
pub struct Options {
    /// What is private.
    pub detector: outboard_privacy::Options,
    /// How values are kept.
    pub vault: outboard_vault::Options,
    /// Where they may go.
    pub flows: FlowRules,
    /// What programs see.
    pub inside: Inside,
    /// Credentials that nobody may ever see, by what to call them.
    pub secrets: Vec<(String, Redacted<String>)>,
}

/// A border that cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum BorderError {
    /// The settings of detection are wrong.
    #[error(transparent)]
    Detector(outboard_privacy::Error),
    /// The vault cannot be used.
    #[error(transparent)]
    Vault(VaultError),
}

/// The border.
pub struct Border {
    vault: Vault,
    detector: Detector,
    pub(crate) flows: FlowRules,
    inside: Inside,
    secrets: RwLock<Arc<Secrets>>,
    /// The credentials of the settings.
    configured: Vec<(String, Redacted<String>)>,
    refused: Vec<RefusedSecret>,
}

impl fmt::Debug for Border {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Border").field("inside", &self.inside).finish_non_exhaustive()
    }
}

impl Border {
    /// Opens the vault in this file, or makes one.
    ///
    /// # Errors
    ///
    /// Wrong settings of detection, or a vault that cannot be used with this key.
    pub fn open(path: &Path, key: &KeySource, options: Options) -> Result<Self, BorderError> {
        let vault = Vault::open(path, key, options.vault).map_err(BorderError::Vault)?;
        let detector = Detector::new(&options.detector).map_err(BorderError::Detector)?;
        let (secrets, refused) = Secrets::new(options.secrets.iter().cloned());
        let (secrets, configured) = (RwLock::new(Arc::new(secrets)), options.secrets);
        Ok(Self { vault, detector, flows: options.flows, inside: options.inside, secrets, configured, refused })
    }

    /// Credentials that are too short to be looked for.
    pub fn refused(&self) -> &[RefusedSecret] {
        &self.refused
    }

    /// Keeps these credentials from being shown as well, in place of those that were said so before.
    pub fn keep_secret(&self, more: &[(String, Redacted<String>)]) {
        let (secrets, _) = Secrets::new(self.configured.iter().chain(more).cloned());
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(secrets);
    }

    fn secrets(&self) -> Arc<Secrets> {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What programs see.
    pub fn inside(&self) -> Inside {
        self.inside
    }

    /// The values themselves, for commands that list and forget them.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Forgets the values of a place; how many there were.
    ///
    /// # Errors
    ///
    /// The vault cannot be written.
    pub fn forget(&self, place: &Place) -> Result<usize, VaultError> {
        self.vault.forget(&place.name())
    }

    pub(crate) fn session(&self, place: &Place) -> Result<Arc<Session>, VaultError> {
        self.vault.session(&place.name(), now_ms())
    }

    /// A text without configured credentials, in any usual encoding.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.secrets().scrub(text)
    }

    /// A line of a log, without configured credentials and without the values of sessions that are in use.
    pub fn log_line<'t>(&self, line: &'t str) -> Cow<'t, str> {
        let scrubbed = self.secrets().scrub(line);
        for _ in 0..20 {
            if let Some(hidden) = self.vault.hidden(&scrubbed) {
                return Cow::Owned(hidden.into_owned());
            }
            // Somebody adds values. It may be whoever logs, so nobody waits long.
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Cow::Borrowed("(withheld: private values were being added when this was logged)\n")
    }

    /// A text as a model may read it. `at` says what it is, such as `stdout`.
    pub fn text(&self, place: &Place, text: &str, at: &str, notes: &mut Notes) -> String {
        let text = self.secrets().scrub(text);
        let findings = self.detector.text(&text);
        let protected = self
            .session(place)
            .and_then(|session| session.protect(&text, &found(&text, &findings), TokensHere::Own, None));
        match protected {
            Ok(protected) => {
                let rules: Vec<_> = findings.iter().map(|finding| finding.rule.to_string()).collect();
                let rules = if rules.len() == protected.tokens.len() { rules } else { Vec::new() };
                notes.add(&protected.tokens, at, &rules);
                protected.text
            }
            Err(error) => withheld(&error),
        }
    }

    /// A JSON value as a model may read it. `from` is the tool that gave it, where one did.
    pub fn json(
        &self,
        place: &Place,
        json: &RawValue,
        from: Option<&ToolId>,
        at: &str,
        notes: &mut Notes,
    ) -> Box<RawValue> {
        match self.secrets().scrub(json.get()) {
            Cow::Borrowed(_) => self.private(place, json, from, at, notes),
            Cow::Owned(text) => match RawValue::from_string(text) {
                Ok(clean) => self.private(place, &clean, from, at, notes),
                // A credential stood where no text is, such as in a number.
                Err(_) => raw(&Value::from("(withheld: it holds a credential)")),
            },
        }
    }

    fn private(
        &self,
        place: &Place,
        json: &RawValue,
        from: Option<&ToolId>,
        at: &str,
        notes: &mut Notes,
    ) -> Box<RawValue> {
        let mut value: Value = serde_json::from_str(json.get()).unwrap_or_default();
        let found_at = by_pointer(&self.detector, &value, &hints(from));
        let here = if from.is_some() { TokensHere::Foreign } else { TokensHere::Own };
        let server = from.map(|id| id.server.as_str());
        let (mut changed, before) = (false, notes.len());
        let protected = self.session(place).and_then(|session| {
            session.learn(&found_at.values(&value), server)?;
            changed |= session.protect_spelled(&mut value)?;
            session.protect_noting(
                &mut value,
                here,
                server,
                &mut |pointer, text| found_at.of(pointer, text),
                &mut |pointer, tokens| {
                    changed = true;
                    notes.add(tokens, &format!("{at} {pointer}"), &found_at.rules(pointer, tokens.len()));
                },
            )?;
            // A pointer holds keys, and a key may be an address.
            notes.since(before).try_for_each(|note| {
                note.at = session.protect(&note.at, &[], TokensHere::Own, None)?.text;
                Ok(())
            })
        });
        match protected {
            Ok(()) if !changed => json.to_owned(),
            Ok(()) => raw(&value),
            Err(error) => raw(&Value::from(withheld(&error))),
        }
    }

    /// Notes what is private in an answer: a program may take a name out of its record, and without its key it is a word
    /// like others; or it may encode an address. It is hidden from then on, for as long as this process lives.
    pub fn remember(&self, place: &Place, server: &str, tool: &str, answer: &RawValue) {
        // With rules on flows everything is noted; where programs see tokens there is nothing to take.
        if self.inside == Inside::Tokens || !self.flows.allow_all() {
            return;
        }
        let value: Value = serde_json::from_str(answer.get()).unwrap_or_default();
        let found_at = by_pointer(&self.detector, &value, &Hints { server: Some(server), tool: Some(tool) });
        let mut values = found_at.values(&value);
        values.retain(|(_, kind, _)| !PLAIN.contains(kind));
        match self.session(place) {
            Ok(session) => session.expect(&values),
            Err(error) => tracing::error!(%error, "names in an answer are not known to be private"),
        }
    }

    /// Remembers where an answer's private values came from.
    pub(crate) fn observe(&self, place: &Place, from: &ToolId, json: &RawValue) {
        let value: Value = serde_json::from_str(json.get()).unwrap_or_default();
        let found_at = by_pointer(&self.detector, &value, &hints(Some(from)));
        let observed = self.session(place).and_then(|session| {
            found_at
                .all(&value)
                .try_for_each(|(text, found)| session.observe(&text, &found, Some(from.server.as_str())))
        });
        if let Err(error) = observed {
            tracing::error!(%error, tool = %from, "where an answer's private values came from is not known");
        }
    }
}

fn hints(from: Option<&ToolId>) -> Hints<'_> {
    Hints { server: from.map(|id| id.server.as_str()), tool: from.map(|id| id.tool.as_str()) }
}

fn withheld(error: &VaultError) -> String {
    tracing::error!(%error, "a text is withheld from the model");
    WITHHELD.to_owned()
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
