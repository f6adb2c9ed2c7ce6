//! Finding servers and tools by everything that a program may call them.

use crate::fixture::{build, named};
use outboard_catalog::Catalogue;
use outboard_types::{ErrorCode, ToolId};

fn catalogue() -> Catalogue {
    build(vec![named("google-drive", &["get_document", "list_files"]), named("slack", &["send.message", "a__b"])])
}

#[test]
fn a_tool_is_found_by_every_name() {
    let catalogue = catalogue();
    for server in ["google-drive", "googleDrive", "google_drive"] {
        for tool in ["get_document", "getDocument"] {
            assert_eq!(catalogue.find(server, tool).unwrap().id.to_string(), "google-drive.get_document");
            for joined in [format!("{server}__{tool}"), format!("{server}.{tool}"), format!("{server}/{tool}")] {
                assert!(catalogue.find_joined(&joined).is_ok(), "{joined}");
            }
        }
    }
    for joined in ["slack.send.message", "slack__a__b", "mcp__slack__a__b", "servers.google_drive.get_document"] {
        assert!(catalogue.find_joined(joined).is_ok(), "{joined}");
    }
    let id = ToolId::new("google-drive", "get_document").unwrap();
    assert_eq!(catalogue.tool(&id).unwrap().id, id);
    assert!(catalogue.tool(&ToolId::new("googleDrive", "get_document").unwrap()).is_none(), "ids are exact");
    assert!(catalogue.tool(&ToolId::new("google-drive", "getDocument").unwrap()).is_none(), "ids are exact");
}

#[test]
fn what_is_not_there_comes_with_what_was_meant() {
    let catalogue = catalogue();
    let error = catalogue.find("google-drive", "get_doc").unwrap_err();
    assert_eq!((error.code, error.hint.as_deref()), (ErrorCode::UnknownTool, Some("did you mean get_document?")));
    let error = catalogue.find("gogle-drive", "x").unwrap_err();
    assert_eq!((error.code, error.hint.as_deref()), (ErrorCode::UnknownServer, Some("servers: google-drive")));
    let error = catalogue.find_joined("googleDrive.listFile").unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean list_files?"));
    let error = catalogue.find_joined("get_document").unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean google-drive.get_document?"));
    let error = catalogue.find_joined(&"x".repeat(100_000)).unwrap_err();
    assert!(error.message.len() < 200);
}

#[test]
fn a_joined_name_of_two_tools_means_neither() {
    let catalogue = build(vec![named("a", &["b__c"]), named("a__b", &["c"])]);
    let error = catalogue.find_joined("a__b__c").unwrap_err();
    assert_eq!(error.hint.as_deref(), Some(r#"name server and tool apart: "b__c" of "a" or "c" of "a__b""#));
    assert!(catalogue.find("a", "b__c").is_ok());
}

#[test]
fn an_empty_catalogue_says_so() {
    let error = build(Vec::new()).find("x", "y").unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("no server is configured"));
}
