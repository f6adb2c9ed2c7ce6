//! The generator of modules reads what was learned as it reads what a server declares.

use crate::support::shape;
use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::details;
use outboard_types::{Language, ServerName};
use serde_json::{Value, json, value::to_raw_value};

fn rendered(results: &[Value], language: Language) -> String {
    let tool = json!({
        "name": "list_things", "description": "Lists.", "inputSchema": { "type": "object" },
        "outputSchema": shape(results).to_schema()
    });
    let tools = vec![to_raw_value(&tool).unwrap()];
    let server = ServerName::new("shop").unwrap();
    let catalogue = Catalogue::build(1, vec![Listing { server, title: None, instructions: None, tools }]);
    let server = &catalogue.servers[0];
    details(server, &server.tools[0], language)
}

fn results() -> Vec<Value> {
    let result = |n: usize| {
        json!({
            "status": (["open", "closed"][n % 2]),
            "things": [
                { "type": "file", "size": n, "at": "2026-01-02T03:04:05Z" },
                { "type": "link", "to": "https://a.example/x", "owner": null },
            ],
            "by_day": { "2026-01-01": 3 },
            "next": if n > 3 { Value::Null } else { json!("x 1") }
        })
    };
    (0..20).map(result).collect()
}

#[test]
fn typescript_shows_variants_words_maps_and_nulls() {
    let text = rendered(&results(), Language::TypeScript);
    for part in [
        "export type ListThingsOutput = {",
        r#"status: "closed" | "open";"#,
        r#"type: "file";"#,
        "size: number;",
        r#"type: "link";"#,
        "owner: unknown;",
        "by_day: Record<string, number>;",
        "next: string | null;",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn python_shows_them_too() {
    let text = rendered(&results(), Language::Python);
    for part in [r#"Literal["closed", "open"]"#, "size: int", "dict[str, int]", "next: str | None"] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part} is missing in\n{text}");
    }
}
