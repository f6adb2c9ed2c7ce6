//! Generated modules, judged by the languages' own parsers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{CodeApi, generate, materialise, signature};
use outboard_types::{Language, ServerName};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

fn listing(server: &str, tools: &[Value]) -> Listing {
    let tools = tools.iter().map(|tool| to_raw_value(tool).unwrap()).collect();
    Listing { server: ServerName::new(server).unwrap(), title: None, instructions: None, tools }
}

/// Definitions that have broken generators before.
fn nasty() -> Vec<Listing> {
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    vec![
        listing(
            "google-drive",
            &[
                json!({"name": "get_document", "description": "Reads a document.", "inputSchema": {"type": "object",
                    "properties": {"documentId": {"type": "string", "description": "its id"}, "fields": {"type": "string"}}, "required": ["documentId"]},
                    "outputSchema": {"type": "object", "properties": {"title": {"type": "string"}, "content": {"type": "string"}}}}),
                json!({"name": "get_document_", "inputSchema": object(json!({}))}),
                json!({"name": "export", "description": "ends */ the comment \"\"\" and\u{200b} hides\u{202e}", "inputSchema": object(json!({"class": {"type": "string"}, "a.b": {"type": ["string", "null"]}, "from": {"enum": ["a\"b", 1, null]}}))}),
                json!({"name": "tree", "inputSchema": {"$defs": {"Node": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}}}, "type": "object", "properties": {"root": {"$ref": "#/$defs/Node"}, "again": {"$ref": "#/properties/root"}}}}),
                json!({"name": "pair", "inputSchema": object(json!({"p": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}, "q": {"items": [{"const": 1}]}}))}),
                json!({"name": "查询 表", "inputSchema": object(json!({"名": {"type": "string"}}))}),
                json!({"name": "wrapped", "inputSchema": {}, "outputSchema": {"x-fastmcp-wrap-result": true, "type": "object", "properties": {"result": {"type": "array", "items": {"type": "integer"}}}}}),
                json!({"name": "ends_in_quote", "description": "say \"hi\"", "inputSchema": object(json!({}))}),
                json!({"name": "backslash", "description": "a \\u0 \\N{x} \\", "inputSchema": object(json!({}))}),
                json!({"name": 7}),
                json!({"name": "bad", "inputSchema": "no"}),
            ],
        ),
        listing(
            "slack",
            &[json!({"name": "send_message", "inputSchema": object(json!({"text": {"type": "string"}}))})],
        ),
        listing("google_drive", &[]),
    ]
}

fn api(listings: Vec<Listing>) -> CodeApi {
    generate(&Catalogue::build(1, listings))
}

/// Every Python file is parsed by Python, every TypeScript file by the worker's parser.
fn judge(api: &CodeApi) {
    let folder = tempfile::tempdir().unwrap();
    let root = materialise(api, folder.path()).unwrap();
    let script = "import ast,pathlib,sys\nfor f in pathlib.Path(sys.argv[1]).rglob('*.py'):\n    ast.parse(f.read_text('utf-8'), str(f))\n";
    let python = Command::new("python3").args(["-c", script]).arg(&root).output().expect("apt-get install python3");
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    for (name, text) in api.files.iter().filter(|(name, _)| name.ends_with(".ts")) {
        let allocator = oxc::allocator::Allocator::default();
        let parsed = oxc::parser::Parser::new(&allocator, text, oxc::span::SourceType::ts()).parse();
        let problems = parsed.diagnostics.iter().next();
        assert!(problems.is_none(), "{name}: {problems:?}\n{text}");
    }
}

#[test]
fn nasty_definitions_give_good_modules() {
    let api = api(nasty());
    judge(&api);
    let document = &api.files["google-drive/getDocument.ts"];
    assert!(
        document.contains("export async function getDocument(input: GetDocumentInput): Promise<GetDocumentOutput>;"),
        "{document}"
    );
    assert!(document.contains("getDocument(documentId: string, fields?: string)"), "{document}");
    assert!(
        document
            .contains(r#"callMCPTool("google-drive", "get_document", toArguments(["documentId", "fields"], given))"#),
        "{document}"
    );
    assert!(api.files.contains_key("google-drive/getDocument_2.ts"), "a collision gets a number");
    let export = &api.files["google-drive/export_.ts"];
    assert!(export.contains("\"a.b\"?: string | null") && !export.contains('\u{202e}'), "{export}");
    assert!(api.files["google_drive/get_document.py"].contains("def get_document(documentId: str, fields: str = ...)"));
    assert!(api.files["google-drive/wrapped.ts"].contains("WrappedOutput = number[]"));
    assert!(api.files["google-drive/tree.ts"].contains("kids?: TreeNode[]"));
}

#[test]
fn the_order_of_listings_does_not_matter() {
    let mut turned = nasty();
    turned.reverse();
    assert_eq!(api(nasty()), api(turned));
}

#[test]
fn signatures_are_short_and_in_the_language_asked_for() {
    let catalogue = Catalogue::build(1, nasty());
    let tool = catalogue.find("google-drive", "get_document").unwrap();
    let server = catalogue.server("google-drive").unwrap();
    assert_eq!(
        signature(server, tool, Language::TypeScript),
        "googleDrive.getDocument(input: { documentId: string; fields?: string }): Promise<{ title?: string; content?: string }>"
    );
    assert_eq!(
        signature(server, tool, Language::Python),
        "google_drive.get_document(documentId: str, fields: str = ...) -> {\"title\": str, \"content\": str}"
    );
}

#[test]
fn a_second_materialisation_finds_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let api = api(nasty());
    let first = materialise(&api, folder.path()).unwrap();
    let marker = first.join("marker");
    std::fs::write(&marker, "").unwrap();
    assert_eq!(materialise(&api, folder.path()).unwrap(), first);
    assert!(marker.exists());
}

/// Real definitions, where a collection of them is at hand beside the project.
#[test]
fn every_real_definition_gives_good_modules() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(entries) = std::fs::read_dir(corpus) else { return };
    let mut listings = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let root: std::collections::HashMap<String, Vec<Box<RawValue>>> = serde_json::from_str(&text).unwrap();
        let server = ServerName::new(path.file_stem().unwrap().to_str().unwrap()).unwrap();
        listings.push(Listing { server, title: None, instructions: None, tools: root["tools"].clone() });
    }
    let wanted: usize = listings.iter().map(|listing| listing.tools.len()).sum();
    let started = std::time::Instant::now();
    let catalogue = Catalogue::build(1, listings);
    let (built, api) = (started.elapsed(), generate(&catalogue));
    println!("{wanted} tools: catalogue {built:?}, generated after {:?}, {} files", started.elapsed(), api.files.len());
    assert_eq!(catalogue.servers.iter().map(|server| server.tools.len()).sum::<usize>(), wanted, "none is lost");
    judge(&api);
}
