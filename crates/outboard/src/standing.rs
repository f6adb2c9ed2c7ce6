//! Makes a person's "always" stand: the rule goes into the settings file, before all others, and the policy
//! in force is read anew.

use crate::failure::Failure;
use outboard_config::Settings;
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::DeskEvent;
use std::path::{Path, PathBuf};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

/// The file that rules are written to: the project's settings, or what takes their place.
pub(crate) fn file(settings: &Settings) -> PathBuf {
    let own = settings.files.iter().rev().find(|file| file.extension().is_some_and(|kind| kind == "toml"));
    own.cloned().unwrap_or_else(|| PathBuf::from("outboard.toml"))
}

/// Follows the desk: writes each rule, then calls `written`.
pub(crate) fn follow(desk: &ApprovalDesk, file: PathBuf, mut written: impl FnMut() + Send + 'static) {
    let mut events = desk.subscribe();
    tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(DeskEvent::Always { id, rule }) => match add_rule(&file, &rule) {
                    Ok(()) => written(),
                    Err(failure) => tracing::error!(
                        approval = %id, file = %file.display(), problem = failure.message(),
                        "the rule could not be written; it holds until this process ends"
                    ),
                },
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                _ => {}
            }
        }
    });
}

/// Puts a rule before all others of the file, and leaves everything else of it as it is.
fn add_rule(file: &Path, rule: &str) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let unreadable = |error: toml_edit::TomlError| Failure::usage(format!("{}: {error}", file.display()));
    let mut document: DocumentMut = text.parse().map_err(unreadable)?;
    let rule: DocumentMut = rule.parse().map_err(unreadable)?;
    let new = rule.get("policy").and_then(|policy| policy.get("rules")).and_then(Item::as_array_of_tables);
    let new = new.ok_or_else(|| Failure::usage("the rule holds no [[policy.rules]]"))?;
    let policy = document.entry("policy").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let rules = policy
        .as_table_like_mut()
        .map(|policy| policy.entry("rules").or_insert(Item::ArrayOfTables(ArrayOfTables::new())));
    let old = match rules {
        Some(Item::ArrayOfTables(rules)) => rules,
        _ => {
            return Err(Failure::usage(format!("{}: policy.rules is not written as [[policy.rules]]", file.display())));
        }
    };
    let mut all = ArrayOfTables::new();
    for table in new.iter().chain(old.iter()) {
        let mut table = table.clone();
        table.set_position(None);
        all.push(table);
    }
    *old = all;
    let beside = file.with_extension("toml.new");
    std::fs::write(&beside, document.to_string())?;
    Ok(std::fs::rename(beside, file)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "[[policy.rules]]\ntools = [\"crm.delete\"]\naction = \"allow\"\n";

    fn added(before: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("outboard.toml");
        if !before.is_empty() {
            std::fs::write(&file, before).unwrap();
        }
        add_rule(&file, RULE).map_err(|failure| failure.message().to_owned()).unwrap();
        std::fs::read_to_string(file).unwrap()
    }

    #[test]
    fn the_rule_comes_first_and_the_rest_stays() {
        let before = "# mine\n[servers.crm]\ncommand = \"x\" # keep\n\n[[policy.rules]]\naction = \"ask\" # second\n";
        let after = added(before);
        assert!(after.contains("# mine") && after.contains("# keep"), "{after}");
        let (first, second) = (after.find("crm.delete").unwrap(), after.find("# second").unwrap());
        assert!(first < second, "{after}");
        let again: toml::Table = after.parse().unwrap();
        assert_eq!(again["policy"]["rules"].as_array().unwrap().len(), 2, "{after}");
    }

    #[test]
    fn a_file_is_made_where_there_is_none_and_profiles_stay() {
        assert_eq!(added("").parse::<toml::Table>().unwrap()["policy"]["rules"][0]["action"].as_str(), Some("allow"));
        let after: toml::Table = added("policy.profile = \"strict\"\n").parse().unwrap();
        assert_eq!(after["policy"]["profile"].as_str(), Some("strict"));
    }

    #[test]
    fn rules_on_one_line_are_not_torn_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("outboard.toml");
        let before = "policy.rules = [{ action = \"ask\" }]\n";
        std::fs::write(&file, before).unwrap();
        assert!(add_rule(&file, RULE).is_err());
        assert_eq!(std::fs::read_to_string(file).unwrap(), before, "nothing was written");
    }
}
