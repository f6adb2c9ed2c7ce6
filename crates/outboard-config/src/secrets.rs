//! Whether a settings file holds values that are nobody else's business.

use toml_edit::{Document, Item, TableLike};

/// Settings that are secrets by themselves.
const OWN: &[(&str, &str)] = &[("privacy", "key"), ("approvals", "webhook_secret"), ("agent", "key")];

/// Whether a settings file has a value in `env` or `headers` of a server, or another secret, that is not made of
/// variables alone. A text that is no settings file holds none.
pub fn holds_secrets(text: &str) -> bool {
    let Ok(document) = Document::parse(text) else { return false };
    let root: &dyn TableLike = document.as_table();
    let written = |item: &Item| item.as_str().is_some_and(|value| !value.is_empty() && !value.contains("${"));
    let own = OWN.iter().any(|(table, key)| {
        let table = root.get(table).and_then(Item::as_table_like);
        table.and_then(|table| table.get(key)).is_some_and(written)
    });
    let servers = root.get("servers").and_then(Item::as_table_like);
    let maps = servers.into_iter().flat_map(|servers| servers.iter()).flat_map(|(_, server)| {
        ["env", "headers"].into_iter().filter_map(move |key| server.as_table_like()?.get(key)?.as_table_like())
    });
    own || maps.flat_map(|map| map.iter()).any(|(_, item)| written(item))
}

#[cfg(test)]
mod tests {
    use super::holds_secrets;

    #[test]
    fn values_are_told_from_variables() {
        assert!(holds_secrets("[servers.a]\nenv = { K = \"v\" }\n"));
        assert!(holds_secrets("servers.a.headers.Authorization = \"Bearer v\"\n"));
        assert!(holds_secrets("agent.key = \"sk\"\n"));
        assert!(!holds_secrets("[servers.a]\nenv = { K = \"${V}\" }\n"));
        assert!(!holds_secrets("[servers.a]\ncommand = \"x\"\n") && !holds_secrets("[servers"));
    }
}
