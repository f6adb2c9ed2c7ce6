//! The words of the handshake in both eras.

use super::spec::ClientInfo;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The stateless revision.
pub(super) const MODERN: &str = "2026-07-28";
/// The revisions with a handshake, newest first; the first is what we offer.
pub(super) const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// The largest declaration of capabilities that is taken, in bytes.
const MOST_DECLARED: usize = 64 << 10;

/// Which rules a server follows. The two are never mixed on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Era {
    /// `initialize` first; revisions up to 2025-11-25.
    Legacy,
    /// No handshake, `_meta` in every request; 2026-07-28.
    Modern,
}

impl Era {
    /// The era in one word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        }
    }
}

/// What a server says about itself at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Greeting {
    /// Its era.
    pub(super) era: Era,
    /// The revision agreed upon.
    pub(super) version: String,
    /// Its title, else its name.
    pub(super) title: Option<String>,
    /// What it tells models about its use.
    pub(super) instructions: Option<String>,
    /// What it declares to offer.
    pub(super) capabilities: Value,
}

/// The `_meta` of every modern request: what can be asked back, and from which level on log messages are wanted.
pub(super) fn modern_meta(client: &ClientInfo, capabilities: &Value, level: Option<&str>) -> String {
    let mut capabilities = askable(capabilities);
    // Tasks are ours to follow, whoever asks.
    capabilities.insert("extensions".into(), json!({"io.modelcontextprotocol/tasks": {}}));
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": {"name": client.name, "version": client.version},
    });
    if let Some(level) = level {
        meta["io.modelcontextprotocol/logLevel"] = json!(level);
    }
    meta.to_string()
}

/// Of what a client declares, the parts by which servers may ask it something.
pub(super) fn askable(capabilities: &Value) -> Map<String, Value> {
    let part = |key: &&str| Some(((*key).to_owned(), capabilities.get(*key).filter(|it| it.is_object())?.clone()));
    ["elicitation", "sampling", "roots"].iter().filter_map(part).collect()
}

/// The parameters of `initialize`.
pub(super) fn initialize_params(client: &ClientInfo, capabilities: &Value) -> String {
    json!({
        "protocolVersion": LEGACY[0],
        "capabilities": askable(capabilities),
        "clientInfo": {"name": client.name, "version": client.version},
    })
    .to_string()
}

/// Reads the answer to `initialize`.
pub(super) fn read_initialize(result: &str) -> Result<Greeting, String> {
    let result: Value = serde_json::from_str(result).map_err(|error| error.to_string())?;
    let version = result["protocolVersion"].as_str().unwrap_or_default();
    if !LEGACY.contains(&version) {
        let version: String = version.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(format!("it answered `initialize` with protocol version {version:?}, which is not supported"));
    }
    Ok(greeting(Era::Legacy, version, &result, &result["serverInfo"]))
}

/// Reads the answer to `server/discover`; nothing if a server says yes to anything.
pub(super) fn read_discover(result: &str) -> Option<Greeting> {
    let result: Value = serde_json::from_str(result).ok()?;
    let versions = result["supportedVersions"].as_array()?;
    versions.iter().any(|version| version == MODERN).then_some(())?;
    let info = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    Some(greeting(Era::Modern, MODERN, &result, if info.is_null() { &result["serverInfo"] } else { info }))
}

/// The greeting of a server that refused `server/discover` in a way only modern servers know.
pub(super) fn modern_without_words() -> Greeting {
    greeting(Era::Modern, MODERN, &Value::Null, &Value::Null)
}

fn greeting(era: Era, version: &str, result: &Value, info: &Value) -> Greeting {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    Greeting {
        era,
        version: version.to_owned(),
        title: text(&info["title"]).or_else(|| text(&info["name"])),
        instructions: text(&result["instructions"]),
        capabilities: bounded(&result["capabilities"]),
    }
}

/// Declared capabilities are kept for as long as the server lives, so only small ones are.
fn bounded(capabilities: &Value) -> Value {
    if capabilities.to_string().len() <= MOST_DECLARED { capabilities.clone() } else { Value::Null }
}

/// Whether an error code is one that only the modern era knows: header mismatch, missing client capability,
/// unsupported protocol version.
pub(super) fn is_modern_code(code: i64) -> bool {
    (-32022..=-32020).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_greetings() {
        let legacy = read_initialize(r#"{"protocolVersion":"2024-11-05","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"x"},"instructions":" "}"#).unwrap();
        assert_eq!((legacy.title.as_deref(), legacy.instructions), (Some("x"), None));
        assert_eq!(legacy.capabilities["tools"]["listChanged"], true);
        assert!(read_initialize(r#"{"protocolVersion":"1999-01-01"}"#).is_err());
        assert!(read_discover("{}").is_none());
        let modern = read_discover(r#"{"supportedVersions":["2026-07-28"],"capabilities":{},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"y","title":"Y"}}}"#).unwrap();
        assert_eq!((modern.era, modern.title.as_deref()), (Era::Modern, Some("Y")));
    }
}
