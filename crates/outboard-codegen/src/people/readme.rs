//! What there is, as a page to read.

use crate::api::Typed;
use crate::docs;
use crate::typescript;
use outboard_catalog::{Catalogue, Server};

const HOW: &str = "\
Declarations for an editor; generated, and written anew when servers change. Write programs beside `servers/`:

```ts
import { someFunction } from \"./servers/some-server\";
```

```python
from servers.some_server import some_function
```

`npm install && npm run check` checks programs in TypeScript, `pyright` those in Python. `outboard run FILE` runs one.
";

pub(super) fn of_all(catalogue: &Catalogue) -> String {
    let mut text = format!("# Servers\n\n{HOW}\n| server | functions | what it is |\n|---|--:|---|\n");
    for server in &catalogue.servers {
        let folder = &server.names.folder;
        let about = plain(&docs::line(&server.description, 100));
        text.push_str(&format!("| [{folder}](servers/{folder}/README.md) | {} | {about} |\n", server.tools.len()));
    }
    text
}

/// Every function as it can be called, with what it does.
pub(super) fn of_server(server: &Server, tools: &[Typed<'_>]) -> String {
    let about = docs::line(&server.description, 100);
    let mut text = format!("# {}\n\n{}\n", docs::line(server.name.as_str(), 256), plain(&about));
    for (tool, types) in tools {
        let (ts, py) = (&tool.names.typescript, &tool.names.python);
        text.push_str(&format!("\n## {ts}\n\n"));
        let said = plain(&docs::line(&tool.description, docs::PROPERTY));
        if !said.is_empty() {
            text.push_str(&format!("{said}\n\n"));
        }
        let effect = match (tool.hints.destructive, tool.hints.read_only) {
            (_, Some(true)) => " Declared read-only.",
            (Some(true), _) => " Declared destructive.",
            _ => "",
        };
        text.push_str(&format!("Python: `{}.{py}`.{effect}\n\n```ts\n", server.names.package));
        // No line of a fenced block may begin with a fence; a signature begins with a name.
        typescript::calls(tool, types).iter().for_each(|call| text.push_str(&format!("{call}\n")));
        text.push_str("```\n");
    }
    text
}

/// Text of a server that marks nothing up.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_a_server_writes_is_not_mark_up() {
        assert_eq!(super::plain("# [a](b) <img> `x`"), "\\# \\[a\\](b) \\<img\\> \\`x\\`");
    }
}
