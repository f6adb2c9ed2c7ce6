//! The search index of a Surface: what the last one has read is not read again.

use outboard_catalog::{Catalogue, Server, Tool};
use outboard_search::{Described, Document, Index, Next};
use outboard_types::Digest;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Results are read so deep, and so many fields of one.
const DEEPEST: usize = 4;
const FIELDS: usize = 64;

/// An index, and what each of its documents was made of.
#[derive(Clone)]
pub(crate) struct Indexed {
    pub(crate) index: Arc<Index>,
    texts: Vec<Digest>,
}

impl Indexed {
    /// The index of a catalogue. What `before` holds is not read again.
    pub(crate) fn of(catalogue: &Catalogue, before: Option<&Self>) -> Self {
        let none = Self { index: Arc::new(Index::build([] as [Document<'_>; 0])), texts: Vec::new() };
        let tools = catalogue.servers.iter().flat_map(|server| server.tools.iter().map(|tool| described(server, tool)));
        before.unwrap_or(&none).renewed(&[], tools)
    }

    /// The same documents and others behind them. What `before` holds, which began like this one, is not read again.
    pub(crate) fn with<'a>(&self, others: impl Iterator<Item = Described<'a>>, before: Option<&Self>) -> Self {
        before.unwrap_or(self).renewed(&self.texts, others)
    }

    /// Documents that are here for certain, and others that may be.
    fn renewed<'a>(&self, first: &[Digest], others: impl Iterator<Item = Described<'a>>) -> Self {
        let places: HashMap<&Digest, usize> = self.texts.iter().zip(0..).collect();
        let mut texts = first.to_vec();
        let mut next: Vec<Next<'a>> =
            first.iter().filter_map(|text| places.get(text)).copied().map(Next::Kept).collect();
        for described in others {
            let digest = digest(&described);
            next.push(places.get(&digest).map_or(Next::Read(described), |at| Next::Kept(*at)));
            texts.push(digest);
        }
        let index = match texts == self.texts {
            true => self.index.clone(),
            false => Arc::new(self.index.renewed(next)),
        };
        Self { index, texts }
    }
}

/// Of everything that the index reads of a document.
fn digest(described: &Described<'_>) -> Digest {
    let Described { document, results, texts } = described;
    let own = [document.server, document.name, document.title, document.description];
    let counts = format!("{} {}", document.parameters.len(), results.len());
    let pairs = document.parameters.iter().chain(results).flat_map(|(name, text)| [*name, *text]);
    let all = [counts.as_str()].into_iter().chain(own).chain(pairs).chain(texts.iter().copied());
    Digest::of_all(all.map(str::as_bytes))
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
    fn what_differs_is_read_and_the_rest_is_kept() {
        let plain = json!({"type": "object"});
        let noop = ("noop", "Does nothing", plain.clone());
        let before = Indexed::of(&catalogue(std::slice::from_ref(&noop)), None);
        for second in [
            vec![("ticket", "Opens a ticket", plain.clone()), ("close", "Closes a ticket", plain.clone())],
            vec![("noop", "Does nothing at all", plain.clone())],
            vec![noop.clone(), ("ticket", "Opens a ticket", plain.clone())],
            vec![],
        ] {
            let catalogue = catalogue(&second);
            let (renewed, anew) = (Indexed::of(&catalogue, Some(&before)), Indexed::of(&catalogue, None));
            assert_eq!(renewed.texts, anew.texts);
            for query in ["ticket", "nothing", "letter", "weather", "mail noop", ""] {
                assert_eq!(renewed.index.query(query, None, 10), anew.index.query(query, None, 10), "{query}");
            }
        }
        let same = Indexed::of(&catalogue(&[noop]), Some(&before));
        assert!(Arc::ptr_eq(&same.index, &before.index), "where nothing differs nothing is made");
        let fewer = Catalogue::build(1, vec![listing("alpha", &[("send_mail", "Sends a letter", plain)])]);
        assert_eq!(Indexed::of(&fewer, Some(&before)).index.len(), 1, "servers may go");
    }

    #[test]
    fn others_follow_and_may_change() {
        let functions = Indexed::of(&catalogue(&[]), None);
        let other = |name: &'static str| Document { server: " skills", name, ..Document::default() }.into();
        let first = functions.with(["greet_people", "count_rows"].map(other).into_iter(), None);
        let second = functions.with(["count_rows", "draw_lines"].map(other).into_iter(), Some(&first));
        let place =
            |indexed: &Indexed, query: &str| indexed.index.query(query, None, 1).first().map(|hit| hit.document);
        let end = functions.index.len();
        assert_eq!([place(&first, "greet people"), place(&first, "count rows")], [Some(end), Some(end + 1)]);
        assert_eq!([place(&second, "count rows"), place(&second, "draw lines")], [Some(end), Some(end + 1)]);
        assert_eq!(place(&second, "greet people"), None);
        assert_eq!(place(&second, "weather"), place(&functions, "weather"));
    }
}
