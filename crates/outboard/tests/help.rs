//! The first run, the version, completions, manual pages, the schema.

use crate::support::Place;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// A folder without any settings.
fn bare() -> Place {
    let place = Place::with(&[]);
    std::fs::remove_file(place.path().join("outboard.toml")).unwrap();
    place
}

#[test]
fn the_first_run_says_what_to_do_next() {
    let place = bare();
    let told = |arguments: &[&str]| {
        let output = place.command(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [out, _] = told(&[]);
    assert!(
        out.contains("no servers are configured yet; write [servers.NAME]") && out.contains("outboard demo"),
        "{out}"
    );
    std::fs::create_dir(place.path().join(".junie")).unwrap();
    std::fs::create_dir(place.path().join(".junie/mcp")).unwrap();
    place.write(
        ".junie/mcp/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"x\"}, \"b\": {\"url\": \"https://x.example\"}}}",
    );
    place.write("x.ts", "return 1 + 1;");
    for arguments in [&["list"][..], &["serve"], &["run", "x.ts"]] {
        let [out, err] = told(arguments);
        assert!(err.contains("found in Junie") && err.contains("`outboard import`"), "{arguments:?}: {out}{err}");
        assert!(arguments != ["list"] || out.is_empty(), "{out}");
    }
    place.settings("[servers.a]\ncommand = \"x\"\n");
    let [out, err] = told(&[]);
    assert!(out.contains("1 server is configured") && err.is_empty(), "{out}{err}");
}

#[test]
fn the_version_names_commit_features_and_target() {
    let place = bare();
    let long = place.ok(&["--version"]);
    for word in [env!("CARGO_PKG_VERSION"), "commit: ", "features: ", "target: "] {
        assert!(long.contains(word), "{long}");
    }
    assert_eq!(place.ok(&["-V"]).trim(), concat!("outboard ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bash_completes_from_the_script() {
    let place = bare();
    place.write("completions.bash", &place.ok(&["completions", "bash"]));
    let completed = |words: &str, at: usize| {
        let script = format!(
            "source completions.bash\ncomplete -p outboard >&2 || exit 9\nCOMP_WORDS=({words}); COMP_CWORD={at}\n\
             _outboard outboard \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        let output = Command::new("bash").args(["--norc", "-c", &script]).current_dir(place.path()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.contains("_outboard"), "{told}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(completed("outboard uninst", 1), ["uninstall"]);
    assert!(completed("outboard import --d", 2).contains(&"--dry-run".to_owned()));
    assert!(completed("outboard completions z", 2).contains(&"zsh".to_owned()));
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert!(place.ok(&["completions", shell]).contains("uninstall"), "{shell}");
    }
}

#[test]
fn every_command_has_a_page_without_faults() {
    let place = bare();
    place.ok(&["man", "pages/man1"]);
    let pages: Vec<_> =
        std::fs::read_dir(place.path().join("pages/man1")).unwrap().map(|page| page.unwrap().path()).collect();
    let names: Vec<_> = pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    assert!(names.contains(&"outboard.1") && names.contains(&"outboard-import.1") && names.len() > 30, "{names:?}");
    for page in &pages {
        let output = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(page).output();
        let output = output.unwrap_or_else(|error| panic!("groff: {error}; apt-get install groff-base"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.is_empty(), "{}: {told}", page.display());
    }
}

#[test]
fn the_schema_is_the_one_in_the_docs() {
    let place = bare();
    let schema: serde_json::Value = serde_json::from_str(&place.ok(&["config", "schema"])).unwrap();
    assert_eq!(schema["properties"]["expose"]["default"], "auto");
    let kept = include_str!("../../../docs/outboard.schema.json");
    assert_eq!(schema, serde_json::from_str::<serde_json::Value>(kept).unwrap());
}

#[test]
fn doctor_says_how_each_part_is_had_and_mends_what_is_the_users_own() {
    let place = bare();
    place.settings("[servers.a]\ncommand = \"x\"\nenv = { TOKEN = \"made-up\" }\n");
    let file = place.path().join("outboard.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let parts = |arguments: &[&str]| -> serde_json::Value { serde_json::from_str(&place.ok(arguments)).unwrap() };
    let status = |parts: &serde_json::Value, id: &str| {
        let part = parts.as_array().unwrap().iter().find(|part| part["id"] == id).unwrap().clone();
        (part["status"].as_str().unwrap().to_owned(), part["fix"].as_str().unwrap_or_default().to_owned())
    };
    let before = parts(&["doctor", "--fix", "--json"]);
    assert_eq!(status(&before, "secrets"), ("missing".into(), format!("chmod 600 {}", file.display())));
    assert_eq!(status(&before, "state").0, "missing");
    for part in before.as_array().unwrap() {
        assert_eq!(part["status"] == "ok", part["fix"].is_null(), "{part}");
    }
    assert!(!place.path().join(".outboard").exists(), "nothing is done unasked");
    let after = parts(&["doctor", "--fix", "--yes", "--json"]);
    assert_eq!((status(&after, "secrets").0, status(&after, "state").0), ("ok".into(), "ok".into()));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(place.fails(&["doctor", "--yes"]).0, 2);
}
