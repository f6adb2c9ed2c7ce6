//! Words that must not become names.

/// Words that cannot name a function or namespace in TypeScript, globals that must not be hidden, members
/// that every object is expected to have, and `index`, whose module would hide the barrel of its folder.
const TYPESCRIPT: &str = "abstract any arguments as async await boolean break case catch class const constructor \
    continue debugger declare default delete do else enum eval export extends false finally for from function get \
    if implements import in index instanceof interface is let module namespace never new null number object of \
    package private protected public require return set static string super switch symbol this throw true try \
    type typeof undefined unknown var void while with yield \
    Array Boolean Buffer Date Error Function Infinity Intl JSON Map Math NaN Number Object Promise Proxy Reflect \
    RegExp Set String Symbol ToolError URL callMCPTool clearTimeout console crypto exports fetch fs global \
    globalThis hasOwnProperty input listDirectory path performance process prototype readFile searchTools self \
    servers setTimeout skills sleep structuredClone then toArguments toJSON toString valueOf window writeFile";

/// Keywords of Python, and names that modules and programs rely on.
const PYTHON: &str = "False None True and as assert async await break class continue def del elif else except \
    finally for from global if import in is lambda nonlocal not or pass raise return try while with yield \
    match case type self input print list dict set str int float bool bytes object len range open exec eval \
    servers skills tool call_mcp_tool search_tools sleep";

/// Folders that import paths give another meaning.
const FOLDERS: &str = "index client README.md outboard.d.ts __init__.py outboard_api.pyi";

fn holds(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

pub(crate) fn in_typescript(word: &str) -> bool {
    holds(TYPESCRIPT, word)
}

pub(crate) fn in_python(word: &str) -> bool {
    holds(PYTHON, word)
}

pub(crate) fn as_folder(word: &str) -> bool {
    holds(FOLDERS, word)
}
