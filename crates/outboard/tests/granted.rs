//! Folders of the user that programs may write to.

use crate::crash::started;
use crate::support::Place;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A place whose programs may write to a folder, which they see as `/data`.
fn granting() -> (Place, PathBuf) {
    let place = Place::with(&[]);
    let folder = place.path().join("out");
    fs::create_dir(&folder).unwrap();
    place.settings(&format!("sandbox.files.write = {{ \"/data\" = {:?} }}\n", folder.display().to_string()));
    (place, folder)
}

/// A program may bring its host down; the next one must not take what it made for the user's.
#[test]
fn a_repository_of_a_program_whose_host_ended_first_is_not_obeyed() {
    ["KILL", "TERM"].into_iter().for_each(planted_until);
}

fn planted_until(signal: &str) {
    let (place, folder) = granting();
    fs::create_dir_all(folder.join("own/.git")).unwrap();
    let plant = "import os, time\n\
        os.makedirs('/data/made/.git/hooks')\n\
        for name in ('objects', 'refs'): os.makedirs('/data/bare/' + name)\n\
        open('/data/bare/HEAD', 'w').write('ref: refs/heads/main')\n\
        open('/workspace/done', 'w').close()\n\
        time.sleep(600)";
    let mut session = place.serve();
    started(&mut session, "python", plant);
    place.wait_for(|| folder.join("bare/HEAD").exists());
    let ended = Command::new("kill").args([format!("-{signal}"), session.child.id().to_string()]).status();
    assert!(ended.unwrap().success() && session.child.wait().is_ok());
    assert!(folder.join("made/.git").exists(), "{signal}");
    let report = place.program("python", "import os\nos.makedirs('/data/next/.git')\nsorted(os.listdir('/data/made'))");
    assert_eq!(report["result"], serde_json::json!(["git-of-a-program"]), "{report}");
    assert!(folder.join("own/.git").is_dir() && folder.join("next/git-of-a-program").is_dir());
    assert!(folder.join("bare/HEAD-of-a-program").is_file() && !folder.join("bare/HEAD").exists());
    let names = fs::read_dir(place.path().join(".outboard/grants")).unwrap().map(|entry| entry.unwrap().path());
    let marks: Vec<_> = names.filter(|name| name.extension().is_some_and(|ending| ending == "json")).collect();
    assert!(marks.len() <= 1, "that of the program which goes on, if it does: {marks:?}");
}

/// Nor must one that runs beside it.
#[test]
fn a_repository_of_a_program_whose_host_ended_is_not_obeyed_by_one_that_runs_on() {
    let (place, folder) = granting();
    let (mut other, mut session) = (place.serve(), place.serve());
    started(&mut session, "python", "import os, time\nos.makedirs('/data/made/.git')\ntime.sleep(600)");
    place.wait_for(|| folder.join("made/.git").exists());
    session.child.kill().unwrap();
    session.child.wait().unwrap();
    let list = json!({"code": "import os\nos.listdir('/data/made')", "language": "python"});
    let (text, _) = other.tool("run_code", list);
    assert!(text.contains("git-of-a-program"), "{text}");
    other.end();
}

/// What the user makes while Outboard runs is the user's own for every program that starts afterwards.
#[test]
fn a_repository_that_was_made_between_two_programs_is_the_users() {
    let (place, folder) = granting();
    let mut session = place.serve();
    session.tool("run_code", json!({"code": "open('/data/first', 'w').close()", "language": "python"}));
    fs::create_dir_all(folder.join("own/.git")).unwrap();
    let write = "try: open('/data/own/.git/config', 'w')\nexcept OSError as e: result = e.strerror";
    let (text, _) = session.tool("run_code", json!({"code": write, "language": "python"}));
    assert!(text.contains("Read-only file system"), "{text}");
    assert!(folder.join("first").exists() && folder.join("own/.git").is_dir());
    session.end();
}

/// A program may close its own folder, and nest more folders than a path can name.
#[test]
fn a_session_survives_what_a_program_does_to_its_folders() {
    let place = Place::with(&[]);
    let deep = "import os\nos.chdir('/workspace')\n\
        for n in range(25):\n    os.mkdir('n' * 250); os.chdir('n' * 250)\n\
        os.makedirs('/workspace/x/y'); os.chmod('/workspace/x', 0o555)\nos.chmod('/workspace', 0)";
    let ended = place.program("python", deep);
    // A host that is not root cannot count what is in a closed folder, and takes it for too much.
    assert!(
        ended["status"] == "succeeded" || ended["error"]["hint"].to_string().contains("sandbox.disk_files"),
        "{ended}"
    );
    let report =
        place.program("python", "import os\nsorted(name[0] for name in os.listdir('/workspace') if name[0] != '.')");
    assert_eq!(report["result"], serde_json::json!(["n", "x"]), "{report}");
    let listed = place.ok(&["workspace", "ls", "default"]);
    assert!(listed.contains("x/y/") && listed.lines().count() > 10, "{listed}");
    place.ok(&["workspace", "rm", "default"]);
    assert_eq!(place.ok(&["workspace", "ls", "default", "--json"]).trim(), "[]");
    let snapshots = fs::read_dir(place.path().join(".outboard/snapshots")).map_or(0, |found| found.count());
    assert_eq!(snapshots, 0, "nothing of what was copied stays");
}
