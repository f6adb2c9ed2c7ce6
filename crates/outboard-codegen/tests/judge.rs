//! What the languages themselves say about the files.

use crate::fixture::{api, nasty};
use outboard_codegen::{CodeApi, materialise};
use std::process::Command;

/// Reads every Python file with Python and runs it with a stand-in for what workers provide; parses every
/// TypeScript file with the parser of the worker.
pub(crate) fn judge(api: &CodeApi) {
    let folder = tempfile::tempdir().unwrap();
    let root = materialise(api, folder.path()).unwrap();
    let script = "import ast, pathlib, sys, types\n\
        api = types.ModuleType('outboard_api')\n\
        api.tool = lambda server, name, params: (server, name, params)\n\
        sys.modules['outboard_api'] = api\n\
        for f in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')):\n\
        \x20   text = f.read_text('utf-8')\n\
        \x20   ast.parse(text, str(f))\n\
        \x20   if f.name != '__init__.py' and sys.version_info >= (3, 11):\n\
        \x20       space = {'__name__': f.stem}\n\
        \x20       exec(compile(text, str(f), 'exec'), space)\n\
        \x20       assert isinstance(space[f.stem], tuple), f\n\
        \x20       known = set(space) | set(dir(__builtins__)) | {f.stem}\n\
        \x20       tree = ast.parse(text)\n\
        \x20       known |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}\n\
        \x20       used = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}\n\
        \x20       assert used <= known, (f, used - known)\n";
    let python = Command::new("python3").args(["-c", script]).arg(&root).output();
    let python = python.expect("python3 is missing: apt-get install python3");
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    for (name, text) in api.files.iter().filter(|(name, _)| name.ends_with(".ts")) {
        let allocator = oxc::allocator::Allocator::default();
        let parsed = oxc::parser::Parser::new(&allocator, text, oxc::span::SourceType::ts()).parse();
        let problems = parsed.diagnostics.iter().next();
        assert!(problems.is_none(), "{name}: {problems:?}\n{text}");
    }
}

#[test]
fn nasty_definitions_give_modules_that_parse() {
    judge(&api(nasty()));
}
