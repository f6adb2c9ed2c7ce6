//! The schema takes what the reader takes, and refuses what it refuses.

use outboard_config::{Kind, Setting, all_settings, example, load, schema};
use serde_json::Value;

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(&schema()).unwrap()).unwrap()
}

fn parsed(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

/// A settings file that sets this one to its example.
fn file(setting: &Setting) -> String {
    let key = setting.key.replace(".*", ".name");
    let way = match key.as_str() {
        "servers.name.url" | "servers.name.command" | "servers.name.catalog_file" => "",
        key if key.starts_with("servers.") => "servers.name.command = \"x\"\n",
        _ => "",
    };
    let written = if setting.key == "mcp_config" { "[]".to_owned() } else { example(setting) };
    format!("#:schema outboard.schema.json\n{way}{key} = {written}\n")
}

fn loads(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outboard.toml");
    std::fs::write(&path, text).unwrap();
    load(Some(&path), folder.path(), None, &|_| None).map(drop).map_err(|error| error.to_string())
}

#[test]
fn each_settings_example_is_taken_by_reader_and_schema() {
    let validator = validator();
    for setting in all_settings() {
        let text = file(setting);
        loads(&text).unwrap_or_else(|error| panic!("{text}{error}"));
        let told = validator.validate(&parsed(&text)).map_err(|error| error.to_string());
        assert_eq!(told, Ok(()), "{text}");
    }
}

#[test]
fn a_wrong_type_and_an_unknown_key_are_refused_by_both() {
    let validator = validator();
    for setting in all_settings() {
        let wrong = match setting.kind {
            Kind::Text | Kind::Path | Kind::List | Kind::Map | Kind::Tables => "7",
            Kind::Span | Kind::Size | Kind::Choice(_) => "\"?\"",
            Kind::Number | Kind::Flag | Kind::Amount => "\"text\"",
        };
        let text = format!("{} = {wrong}\n", setting.key.replace(".*", ".name"));
        assert!(loads(&text).is_err() && !validator.is_valid(&parsed(&text)), "{text}");
        let text = file(setting).replacen(" = ", "_typo = ", 2);
        assert!(loads(&text).is_err() && !validator.is_valid(&parsed(&text)), "{text}");
    }
}
