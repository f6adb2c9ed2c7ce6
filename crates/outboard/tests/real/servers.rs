//! Real servers behind Outboard: listed, generated, searched, combined by programs in both languages.

use super::install::installed;
use crate::support::Place;
use serde_json::{Value, json};
use std::process::Command;

fn place() -> Place {
    let real = installed();
    let place = Place::with(&[]);
    let files = place.path().join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::write(files.join("note.txt"), "three little words").unwrap();
    let git = |arguments: &[&str]| {
        assert!(Command::new("git").args(arguments).current_dir(&files).status().unwrap().success())
    };
    git(&["init", "--quiet"]);
    let node = real.node.display().to_string();
    let npm = |name: &str, bin: &str, more: &str| {
        format!("[servers.{name}]\ncommand = {node:?}\nargs = [{:?}{more}]\n", real.npm(bin))
    };
    let python = |name: &str, bin: &str, more: &str| {
        format!("[servers.{name}]\ncommand = {:?}\nargs = [{more}]\n", real.python(bin))
    };
    let folder = format!(", {:?}", files.display().to_string());
    place.settings(
        &[
            "policy.profile = \"open\"\n".to_owned(),
            npm("everything", "mcp-server-everything", ""),
            npm("filesystem", "mcp-server-filesystem", &folder),
            npm("memory", "mcp-server-memory", ""),
            python("git", "mcp-server-git", ""),
            python("time", "mcp-server-time", "\"--local-timezone\", \"UTC\""),
            python("excel", "excel-mcp-server", "\"stdio\""),
        ]
        .concat(),
    );
    place
}

#[test]
fn six_real_servers_work_together() {
    let place = place();
    let list: Value = serde_json::from_str(&place.ok(&["list", "--json"])).unwrap();
    for row in list.as_array().unwrap() {
        assert_eq!(row["status"], "ready", "{row}");
        assert!(row["tools"].as_u64() >= Some(2), "{row}");
    }
    let hits = place.ok(&["search", "read the content of a file", "--limit", "3"]);
    assert!(hits.contains("filesystem.read"), "{hits}");
    place.ok(&["generate", "out"]);
    assert!(place.path().join("out/servers/git/gitStatus.d.ts").exists());

    let folder = place.path().join("files").display().to_string();
    let typescript = format!(
        "const file = await filesystem.readTextFile({{ path: {:?} }});\nconst text = typeof file === 'string' ? file : file.content;\n\
         await memory.createEntities({{ entities: [{{ name: 'note', entityType: 'text', observations: [text] }}] }});\n\
         const graph = await memory.readGraph();\nreturn graph.entities[0].observations[0];",
        format!("{folder}/note.txt")
    );
    let report = place.program("typescript", &typescript);
    assert_eq!(report["result"], json!("three little words"), "{report}");

    let python = format!(
        "import asyncio\nfrom servers.git import git_status\nfrom servers.time import get_current_time\n\
         status, now = await asyncio.gather(git_status(repo_path={folder:?}), get_current_time(timezone=\"UTC\"))\n\
         [\"note.txt\" in str(status), now[\"timezone\"]]"
    );
    let report = place.program("python", &python);
    assert_eq!(report["result"], json!([true, "UTC"]), "{report}");

    let book = format!("{folder}/book.xlsx");
    let excel = format!(
        "await excel.createWorkbook({{ path: {book:?} }});\n\
         const echo = await everything.echo({{ message: 'done' }});\nreturn String(echo);"
    );
    let report = place.program("typescript", &excel);
    assert!(report["result"].as_str().is_some_and(|text| text.contains("done")), "{report}");
    assert!(place.path().join("files/book.xlsx").exists());
}
