//! The search index of a Surface: made anew, or from the last one where only some servers changed.

use outboard_catalog::{Catalogue, Server, Tool};
use outboard_search::{Described, Document, Index};
use outboard_types::Digest;
use serde_json::Value;

/// Results are read so deep, and so many fields of one.
const DEEPEST: usize = 4;
const FIELDS: usize = 64;

/// An index, and what it was made of, by server.
pub(crate) struct Indexed {
    pub(crate) index: Index,
    servers: Vec<(String, Digest)>,
}

impl Indexed {
    /// The index of a catalogue. What `before` holds of servers that did not change is not read again.
    pub(crate) fn of(catalogue: &Catalogue, before: Option<&Self>) -> Self {
        let digest = |server: &Server| {
            let texts: Vec<&str> = server.tools.iter().flat_map(texts).collect();
            Digest::of_all(texts.iter().map(|text| text.as_bytes()))
        };
        let servers: Vec<(String, Digest)> =
            catalogue.servers.iter().map(|server| (server.name.to_string(), digest(server))).collect();
        let index = before.and_then(|before| before.updated(catalogue, &servers)).unwrap_or_else(|| {
            Index::build(
                catalogue.servers.iter().flat_map(|server| server.tools.iter().map(|tool| described(server, tool))),
            )
        });
        Self { index, servers }
    }

    /// The same index with the servers exchanged that changed; `None` where all is better read anew.
    fn updated(&self, catalogue: &Catalogue, servers: &[(String, Digest)]) -> Option<Index> {
        // Documents are numbered in the order of servers, and one that had none has no place in it yet.
        let same_names =
            self.servers.len() == servers.len() && self.servers.iter().zip(servers).all(|(old, new)| old.0 == new.0);
        let changed: Vec<usize> =
            (0..servers.len()).filter(|at| self.servers.get(*at).is_none_or(|old| old.1 != servers[*at].1)).collect();
        let empty = Digest::of_all([]);
        let placed = changed.iter().all(|at| self.servers.get(*at).is_some_and(|old| old.1 != empty));
        if !same_names || !placed || changed.len() * 2 > servers.len().max(2) {
            return None;
        }
        let (first, rest) = changed.split_first()?;
        let mut index = exchanged(&self.index, &catalogue.servers[*first]);
        for at in rest {
            index = exchanged(&index, &catalogue.servers[*at]);
        }
        Some(index)
    }
}

fn exchanged(index: &Index, server: &Server) -> Index {
    index.update(server.name.as_str(), server.tools.iter().map(|tool| described(server, tool)))
}

fn described<'a>(server: &'a Server, tool: &'a Tool) -> Described<'a> {
    let mut results = Vec::new();
    if let Some(schema) = &tool.output_schema {
        fields(schema, 0, &mut results);
    }
    let document = Document {
        server: server.name.as_str(),
        name: tool.id.tool.as_str(),
        title: tool.title.as_deref().unwrap_or_default(),
        description: &tool.description,
        parameters: tool.parameters.iter().map(|one| (one.name.as_str(), one.description.as_str())).collect(),
    };
    Described { document, results, texts: Vec::new() }
}

/// The fields of a result, declared or learned: names, and what is said of them.
fn fields<'a>(schema: &'a Value, depth: usize, found: &mut Vec<(&'a str, &'a str)>) {
    if depth > DEEPEST || found.len() >= FIELDS {
        return;
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        if found.len() < FIELDS {
            found.push((name, inner["description"].as_str().unwrap_or_default()));
            fields(inner, depth + 1, found);
        }
    }
    fields_of_parts(schema, depth, found);
}

fn fields_of_parts<'a>(schema: &'a Value, depth: usize, found: &mut Vec<(&'a str, &'a str)>) {
    if let Some(items) = schema.get("items") {
        fields(items, depth + 1, found);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        schema[key].as_array().into_iter().flatten().for_each(|part| fields(part, depth + 1, found));
    }
}

/// Everything that the index reads of a tool.
fn texts(tool: &Tool) -> Vec<&str> {
    let mut results = Vec::new();
    if let Some(schema) = &tool.output_schema {
        fields(schema, 0, &mut results);
    }
    let parameters = tool.parameters.iter().map(|one| (one.name.as_str(), one.description.as_str()));
    let pairs = parameters.chain(results).flat_map(|(name, text)| [name, text]);
    let own = [tool.id.tool.as_str(), tool.title.as_deref().unwrap_or_default(), tool.description.as_str()];
    own.into_iter().chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_catalog::Listing;
    use outboard_types::ServerName;
    use serde_json::{json, value::to_raw_value};

    fn listing(server: &str, tools: &[(&str, &str, Value)]) -> Listing {
        let tool = |(name, description, output): &(&str, &str, Value)| {
            let tool = json!({"name": name, "description": description, "inputSchema": {"type": "object"}, "outputSchema": output});
            to_raw_value(&tool).unwrap()
        };
        let server = ServerName::new(server).unwrap();
        Listing { server, title: None, instructions: None, tools: tools.iter().map(tool).collect() }
    }

    fn catalogue(second: &[(&str, &str, Value)]) -> Catalogue {
        let forecast = json!({"type": "object", "properties": {"days": {"type": "array", "items": {"type": "object",
            "properties": {"humidity": {"type": "number", "description": "Moisture of the air"}}}}}});
        let plain = json!({"type": "object"});
        Catalogue::build(
            1,
            vec![
                listing(
                    "alpha",
                    &[("send_mail", "Sends a letter", plain.clone()), ("read_mail", "Reads letters", plain.clone())],
                ),
                listing("beta", second),
                listing("gamma", &[("forecast", "Tells the weather", forecast)]),
            ],
        )
    }

    #[test]
    fn results_are_found_by_their_fields() {
        let catalogue = catalogue(&[("noop", "Does nothing", json!({"type": "object"}))]);
        let indexed = Indexed::of(&catalogue, None);
        let hits = indexed.index.query("moisture humidity", None, 3);
        assert_eq!(hits.first().map(|hit| hit.document), Some(3));
    }

    #[test]
    fn an_update_is_the_same_as_building_anew() {
        let plain = json!({"type": "object"});
        let before = Indexed::of(&catalogue(&[("noop", "Does nothing", plain.clone())]), None);
        for second in [
            vec![("ticket", "Opens a ticket", plain.clone()), ("close", "Closes a ticket", plain.clone())],
            vec![("noop", "Does nothing at all", plain.clone())],
            vec![],
        ] {
            let catalogue = catalogue(&second);
            let (updated, anew) = (Indexed::of(&catalogue, Some(&before)), Indexed::of(&catalogue, None));
            assert!(before.updated(&catalogue, &updated.servers).is_some());
            for query in ["ticket", "nothing", "letter", "weather", "mail noop", ""] {
                assert_eq!(updated.index.query(query, None, 10), anew.index.query(query, None, 10), "{query}");
            }
        }
    }

    #[test]
    fn other_servers_are_read_anew() {
        let plain = json!({"type": "object"});
        let before = Indexed::of(&catalogue(&[]), None);
        let after = catalogue(&[("noop", "Does nothing", plain.clone())]);
        let servers = Indexed::of(&after, None).servers;
        assert!(before.updated(&after, &servers).is_none(), "one that had no tools has no place yet");
        let fewer = Catalogue::build(1, vec![listing("alpha", &[("send_mail", "Sends a letter", plain)])]);
        let indexed = Indexed::of(&fewer, Some(&before));
        assert_eq!(indexed.index.len(), 1);
    }
}
