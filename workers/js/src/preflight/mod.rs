//! What a program would fail at, found before it runs: names, imports, calls of tools.
//!
//! What certainly fails is a problem; what may not be reached, or is caught, or is decided at run time, is a note.
//! Never here: what a tool's schema says, which the host compares with the calls listed here.

mod listing;
mod meaning;
mod reach;
mod repair;
mod surface;
mod values;
mod walk;

use crate::positions::place_of;
use crate::strip::{Problem as SyntaxProblem, strip_for};
use crate::wrap::{Wrapped, wrap};
use outboard_worker_protocol::{PlannedCall, Preflight, Problem};
use oxc::ast::ast::Program;
use oxc::semantic::Scoping;
use serde::{Deserialize, Serialize};

pub(crate) use repair::imports as repair_imports;
pub(crate) use surface::Surface;

/// Findings of one kind at most, and those that are sent.
const MOST: usize = 200;
const SENT: usize = 20;

/// Questions that only the engine can answer: what is global, and where a path leads.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Questions {
    /// Names that the program uses and does not define.
    pub(crate) names: Vec<String>,
    /// Modules that it imports, and what it uses of each.
    pub(crate) imports: Vec<(String, Vec<String>)>,
    #[serde(skip)]
    name_places: Vec<(u32, bool)>,
    #[serde(skip)]
    import_places: Vec<u32>,
}

/// The answers: a question's number, and what is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answers {
    names: Vec<(usize, String)>,
    imports: Vec<(usize, String)>,
}

/// Everything that reading a program gave.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) preflight: Preflight,
    pub(crate) questions: Questions,
}

/// Parses a program, also one inside markdown fences with prose around it, and makes it ready to run.
pub(crate) fn prepare(
    source: &str,
    tokens: &[(String, String)],
    surface: Option<&Surface>,
) -> Result<Wrapped, SyntaxProblem> {
    let run = |text: &str| strip_for(text, false, tokens, surface).and_then(wrap);
    let inner = repair::without_fences(source);
    // A fence is template literals to a parser, and prose such as `Solution:` a label: it may find no fault.
    let first = if inner.is_some() && !repair::is_in_comment(source) { None } else { Some(run(source)) };
    if let Some(Ok(prepared)) = first {
        return Ok(prepared);
    }
    if let Some((inner, mut prepared)) = inner.and_then(|inner| run(&inner).ok().map(|prepared| (inner, prepared))) {
        let note = "the text around the code block was left out; send the code alone";
        let preflight = &mut prepared.script.found.preflight;
        preflight.notes.insert(0, note.into());
        preflight.text.get_or_insert(inner);
        return Ok(prepared);
    }
    let mut problem = match first {
        Some(Err(problem)) => problem,
        _ => match run(source) {
            Err(problem) => problem,
            Ok(prepared) => return Ok(prepared),
        },
    };
    if repair::looks_like_python(source) {
        problem.hint = Some("this looks like Python: send it with language = \"python\"".into());
    }
    Err(problem)
}

/// Reads a parsed program as it would run.
pub(crate) fn read(program: &Program<'_>, scoping: &Scoping, source: &str, surface: &Surface) -> Found {
    let mut walk = walk::Walk::new(source, scoping, surface);
    walk.read(program);
    walk.finish()
}

impl Found {
    /// Adds what the engine answered, as JSON text.
    pub(crate) fn answered(mut self, text: &str, source: &str) -> Preflight {
        let answers: Answers = serde_json::from_str(text).unwrap_or_default();
        for (at, message) in answers.names {
            if let Some((offset, certain)) = self.questions.name_places.get(at) {
                self.preflight.add(source, "undefined_name", *offset, message, *certain);
            }
        }
        for (at, message) in answers.imports {
            if let Some(offset) = self.questions.import_places.get(at) {
                self.preflight.add(source, "unresolved_import", *offset, message, true);
            }
        }
        self.preflight.problems.truncate(SENT);
        self.preflight.notes.truncate(SENT);
        self.preflight
    }
}

/// Adding to what is sent.
trait Add {
    fn add(&mut self, source: &str, kind: &str, offset: u32, message: String, certain: bool);
    fn plan(&mut self, call: PlannedCall);
}

impl Add for Preflight {
    fn add(&mut self, source: &str, kind: &str, offset: u32, message: String, certain: bool) {
        let place = place_of(source, offset as usize);
        match certain {
            true if self.problems.len() < MOST => self.problems.push(Problem {
                kind: kind.into(),
                line: place.line,
                column: place.column,
                message,
                ..Problem::default()
            }),
            false if self.notes.len() < MOST => self.notes.push(format!("line {}: {message}", place.line)),
            _ => {}
        }
    }

    fn plan(&mut self, call: PlannedCall) {
        if self.calls.len() < MOST {
            self.calls.push(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Files;
    use std::time::Instant;

    const INDEX: &str = r#"[{"server": "google-drive", "folder": "google-drive", "namespace": "googleDrive", "package": "google_drive"}]"#;
    const TOOLS: &str =
        r#"{"tools": [{"tool": "get_document", "ts": "getDocument", "py": "get_document", "params": ["documentId"]}]}"#;

    fn files(name: &str) -> (std::path::PathBuf, Files) {
        let root = std::env::temp_dir().join(format!("outboard-preflight-{name}-{}", std::process::id()));
        std::fs::create_dir_all(root.join("servers/.api")).unwrap();
        std::fs::write(root.join("servers/.api/index.json"), INDEX).unwrap();
        std::fs::write(root.join("servers/.api/google-drive.json"), TOOLS).unwrap();
        (root.clone(), Files::new(root))
    }

    fn found(code: &str) -> Preflight {
        let (root, files) = files(&format!("f{}", code.len()));
        let found = prepare(code, &[], Some(&Surface::new(&files))).ok().unwrap().script.found.preflight;
        std::fs::remove_dir_all(root).unwrap();
        found
    }

    #[test]
    fn calls_carry_what_is_known() {
        let found = found(
            "const id = 'a';\nconst x = await googleDrive.getDocument({ documentId: id, n: [1, `${id}`, open()] });",
        );
        let [call] = &found.calls[..] else { panic!("{found:?}") };
        assert!(call.certain && (call.line, call.column) == (2, 17), "{call:?}");
        let arguments = serde_json::to_string(&call.arguments).unwrap();
        let known = r#"[["documentId",{"literal":"a"}],["n",{"list":[{"literal":1},{"kind":"string"},"unknown"]}]]"#;
        assert_eq!(arguments, format!(r#"{{"object":{{"fields":{known},"open":false}}}}"#));
    }

    #[test]
    fn a_repaired_program_is_told_line_by_line() {
        let inner = "import { get_document as get } from '@servers/google-drive';\nget({ documentId: 'é' });";
        let told = "import { getDocument as get } from \"/servers/google-drive\";\nget({ documentId: 'é' });";
        assert_eq!(found(inner).text.as_deref(), Some(told));
        assert_eq!(found(&format!("Here:\n```ts\n{inner}\n```")).text, Some(format!("\n\n{told}\n")));
        assert_eq!(found("```\nreturn 1\n```").text.as_deref(), Some("\nreturn 1\n"));
        let short = "import { get_document } from 'google-drive';\nget_document({ documentId: 'a' });";
        assert!(found(short).text.is_some_and(|text| text.starts_with("import { getDocument as get_document } from")));
        assert_eq!(found("return 1").text, None);
        assert_eq!(found("/*\n```\nreturn 2\n```\n*/\nreturn 1").text, None);
    }

    #[test]
    fn deep_and_long_programs_are_only_read() {
        for code in
            ["(".repeat(200) + "1" + &")".repeat(200), "a".to_owned() + &".b".repeat(2_000), vec!["1"; 2_000].join("+")]
        {
            assert!(found(&code).problems.is_empty());
        }
    }

    #[test]
    fn what_it_costs() {
        let (root, files) = files("cost");
        let function = |n: usize| {
            format!(
                "async function part{n}(rows: any[]) {{\n  const found = rows.filter((row) => row.n === {n});\n  return {{ n: found.length }};\n}}\n"
            )
        };
        let code = (0..12).map(function).collect::<String>()
            + "for (const id of ['a', 'b']) {\n  const { content } = await googleDrive.getDocument({ documentId: id });\n  console.log(content, await part1([]));\n}\n";
        let surface = Surface::new(&files);
        let time = |surface: Option<&Surface<'_>>| {
            let begin = Instant::now();
            (0..50).for_each(|_| drop(prepare(&code, &[], surface)));
            begin.elapsed() / 50
        };
        let (without, with) = (time(None), time(Some(&surface)));
        println!("{} lines: prepared in {without:?}, with preflight in {with:?}", code.lines().count());
        std::fs::remove_dir_all(root).unwrap();
    }
}
