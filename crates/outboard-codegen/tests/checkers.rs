//! The real checkers of both languages over our own definitions.

use crate::fixture::nasty;
use crate::judging::cases::{self, Amount};
use crate::judging::{Side, checkers, report};
use outboard_catalog::Catalogue;
use outboard_codegen::{Files, generate};
use std::fs;
use std::path::{Path, PathBuf};

fn tools() -> PathBuf {
    checkers::tools(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("checkers"))
}

/// Modules without errors, and values judged as the schemas judge them. `JUDGE_TOOLS` names a folder where
/// both checkers are installed; without it they are installed once.
fn judged(side: Side) {
    let catalogue = Catalogue::build(1, nasty());
    let (cases, _) = cases::of(&catalogue, Amount { made: 8, spoilt: 40 });
    let folder = tempfile::tempdir().unwrap();
    let report = report::judged(&generate(&catalogue), &cases, side, &tools(), folder.path());
    assert_eq!(report.errors, [""; 0]);
    assert!(report.valid > 50 && report.invalid > 200, "{report}");
    assert!(report.agreement() >= 99.0, "{report}\n{}", report.disagreements.join("\n"));
    assert_eq!(report.unsaid, report.unsaid_taken, "{}", report.disagreements.join("\n"));
}

#[test]
fn typescript_takes_and_refuses_what_the_schemas_do() {
    judged(Side::TypeScript);
}

#[test]
fn pyright_takes_and_refuses_what_the_schemas_do() {
    judged(Side::Python);
}

/// Programs that an editor has to take, and one that it has to refuse, beside the files for people.
#[test]
fn files_for_people_check_their_programs() {
    let folder = tempfile::tempdir().unwrap();
    Files::for_people(&Catalogue::build(1, nasty())).write(folder.path()).unwrap();
    let programs = [
        (
            "good.ts",
            "import { getDocument } from \"./servers/google-drive\";\nconst { content } = await getDocument({ documentId: \"a\" });\nconsole.log(content, await googleDrive.count(), servers[\"google-drive\"].search);\n",
        ),
        (
            "bad.ts",
            "import { getDocument } from \"./servers/google-drive\";\nawait getDocument({ documentID: \"a\" });\n",
        ),
        (
            "good.py",
            "from servers.google_drive import get_document\nimport servers.google_drive as drive\nprint(get_document(\"a\").get(\"title\"), drive.count())\ntry:\n    call_mcp_tool(\"a.b\")\nexcept ToolError as error:\n    print(error.code)\n",
        ),
        (
            "awaited.py",
            "import asyncio\nfrom servers.google_drive import get_document\nasync def main() -> None:\n    one = await get_document(\"a\")\n    two, three = await asyncio.gather(get_document(\"a\"), get_document(\"b\"))\n    print(one.get(\"title\"), two, await asyncio.wait_for(get_document(\"c\"), 3), three)\nprint({**get_document(\"a\")}, len(get_document(\"a\")))\nasyncio.run(main())\n",
        ),
        (
            "csv.ts",
            "import { parse, stringify } from \"outboard:csv\";\nimport { parse as lines } from \"outboard:jsonl\";\nconst rows = parse(\"a,b\", { cast: true, header: false });\nconsole.log(stringify(rows, { delimiter: \";\" }), lines(\"1\", { skipInvalid: true })[0].x);\n",
        ),
        ("bad.py", "from servers.google_drive import get_document\nget_document(document_ID=3)\n"),
    ];
    programs.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    for (side, bad) in [(Side::TypeScript, "bad.ts"), (Side::Python, "bad.py")] {
        let said = checkers::as_it_is(side, &tools(), folder.path());
        let wrong: Vec<&String> = said.errors.keys().collect();
        assert_eq!(wrong, [bad], "{:?}", said.texts);
        assert!(said.errors[bad].contains(&2));
    }
}

/// A judge that cannot say no is no judge.
#[test]
fn a_wrong_module_is_found() {
    let catalogue = Catalogue::build(1, vec![crate::fixture::drive()]);
    let mut api = generate(&catalogue);
    let module = api.files.get_mut("google-drive/getDocument.ts").unwrap();
    *module = module.replace("documentId: string;", "documentId: number;");
    let (cases, _) = cases::of(&catalogue, Amount { made: 4, spoilt: 10 });
    let folder = tempfile::tempdir().unwrap();
    let report = report::judged(&api, &cases, Side::TypeScript, &tools(), folder.path());
    assert!(report.agreement() < 90.0 && report.disagreements.len() > 3, "{report}");
}
