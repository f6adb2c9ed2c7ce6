//! Signatures and details.

use crate::fixture::{listing, nasty, object};
use outboard_catalog::Catalogue;
use outboard_codegen::{details, generate, signature};
use outboard_types::Language::{self, Python, TypeScript};
use serde_json::json;

fn line(catalogue: &Catalogue, server: &str, tool: &str, language: Language) -> String {
    signature(catalogue.server(server).unwrap(), catalogue.find(server, tool).unwrap(), language)
}

#[test]
fn signatures_say_how_to_call() {
    let catalogue = Catalogue::build(1, nasty());
    for (tool, typescript, python) in [
        (
            "get_document",
            "googleDrive.getDocument(input: { documentId: string; fields?: string }): Promise<{ title?: string; content?: string }>",
            "google_drive.get_document(documentId: str, fields: str = ...) -> {\"title\": str, \"content\": str}",
        ),
        ("count", "googleDrive.count(): Promise<number[]>", "google_drive.count() -> List[int]"),
        (
            "search",
            "googleDrive.search(input: { filter: { owner: string; kinds?: (\"doc\" | \"sheet\")[]; changed?: { after?: string } | null }; limit?: number }): Promise<any>",
            "google_drive.search(*, filter: {\"owner\": str, \"kinds\": List[Literal[\"doc\", \"sheet\"]], \"changed\": {\"after\": str} | None}, limit: int = ...) -> Any",
        ),
    ] {
        assert_eq!(line(&catalogue, "google-drive", tool, TypeScript), typescript);
        assert_eq!(line(&catalogue, "google-drive", tool, Python), python);
    }
}

#[test]
fn signatures_are_one_short_line() {
    let many: serde_json::Map<_, _> =
        (0..60).map(|at| (format!("a_long_property_{at}"), json!({"type": "string"}))).collect();
    let mut listings = nasty();
    listings.push(listing(
        "x".repeat(200).as_str(),
        &[json!({"name": "y".repeat(200), "inputSchema": object(json!(many))})],
    ));
    listings.push(listing(
        "m",
        &[json!({"name": "many", "inputSchema": object(json!(many)), "outputSchema": object(json!(many))})],
    ));
    let catalogue = Catalogue::build(1, listings);
    for server in &catalogue.servers {
        for (tool, language) in server.tools.iter().flat_map(|tool| Language::ALL.map(|language| (tool, language))) {
            let line = signature(server, tool, language);
            assert!(line.chars().count() <= 200 && !line.contains('\n'), "{line}");
        }
    }
    let line = line(&catalogue, "m", "many", TypeScript);
    assert!(line.ends_with("; … }>") && line.starts_with("m.many(input?: { a_long_property_0?: string;"), "{line}");
}

#[test]
fn details_are_the_module_without_its_machinery() {
    let hidden = json!({"name": "t", "description": "(...given: any[])\nfrom typing import x\nreal end", "inputSchema": object(json!({}))});
    let mut listings = nasty();
    listings.push(listing("s", &[hidden]));
    let catalogue = Catalogue::build(1, listings);
    let api = generate(&catalogue);
    for server in &catalogue.servers {
        for tool in &server.tools {
            let text = details(server, tool, TypeScript);
            let (import, text) = text.split_once('\n').unwrap();
            assert!(import.starts_with("// import { ") && !text.contains("callMCPTool"), "{text}");
            let module = &api.files[&format!("{}/{}.ts", server.names.folder, tool.names.typescript)];
            assert!(module.starts_with(text), "{text}");
            let text = details(server, tool, Python);
            assert!(text.starts_with("# from servers.") && !text.contains("outboard_api"), "{text}");
        }
    }
    let (server, tool) = (catalogue.server("s").unwrap(), catalogue.find("s", "t").unwrap());
    assert!(Language::ALL.iter().all(|language| details(server, tool, *language).contains("real end")));
}
