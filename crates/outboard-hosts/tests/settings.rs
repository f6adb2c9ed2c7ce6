//! Servers of other clients in a settings file of ours.

use crate::fixtures::samples;
use outboard_hosts::{Addition, add_servers, usable_name};

#[test]
fn everything_that_was_understood_is_written_below_what_was_there() {
    let before =
        "# mine\nexpose = \"code\" # keep\n\n[servers.first]\ncommand = \"x\"\n\n[policy]\nprofile = \"strict\"\n";
    for sample in samples() {
        let entries = sample.entries();
        let names: Vec<String> = entries.iter().map(|entry| usable_name(&entry.name)).collect();
        let taken = entries.iter().zip(&names).filter_map(|(entry, name)| {
            let comment = "from\na test".to_owned();
            Some(Addition { name, server: entry.server.as_ref().ok()?, comment })
        });
        let taken: Vec<_> = taken.collect();
        let after = add_servers(before, &taken).unwrap();
        assert!(
            after.contains("# mine") && after.contains("# keep") && after.contains("profile = \"strict\""),
            "{after}"
        );
        let document: toml_edit::DocumentMut = after.parse().unwrap();
        assert_eq!(document["servers"].as_table().unwrap().len(), 1 + taken.len(), "{after}");
    }
}

#[test]
fn a_server_reads_as_people_would_write_it() {
    let sample = samples().into_iter().find(|sample| sample.host.id == "codex").unwrap();
    let entries = sample.entries();
    let server = entries[1].server.as_ref().unwrap();
    let text = add_servers("", &[Addition { name: "design", server, comment: "from Codex".into() }]).unwrap();
    assert_eq!(
        text,
        "# from Codex\n[servers.design]\nurl = \"https://design.example/mcp\"\n\
         headers = { Authorization = \"Bearer ${DESIGN_TOKEN}\", X-Region = \"eu\", X-Team = \"${TEAM}\" }\n\
         tools = { allow = [\"read\"] }\n"
    );
    assert!(add_servers("servers = 1", &[]).is_err() && add_servers("[servers", &[]).is_err());
}

#[test]
fn names_become_names_of_folders() {
    for (name, usable) in
        [("github.com/a/b", "github.com-a-b"), ("..", "server"), ("  My Server ", "My Server"), ("", "server")]
    {
        assert_eq!(usable_name(name), usable);
    }
}
