//! Modules that run: what the declarations declare, as calls through a client that stands beside `servers/`.

use crate::{api, quote};
use outboard_catalog::{Catalogue, Server};
use serde_json::Value;

/// The client is found from wherever the package is imported.
const PATH: &str = "import os\nimport sys\n\n\
    _folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n\
    if _folder not in sys.path:\n    sys.path.append(_folder)\n";

/// The modules of all servers, by path.
pub(super) fn of_all(catalogue: &Catalogue, add: &mut dyn FnMut(String, String)) {
    add("servers/.api/index.json".into(), api::index(catalogue));
    add("servers/__init__.py".into(), PATH.into());
    catalogue.servers.iter().for_each(|server| of_server(server, add));
}

fn of_server(server: &Server, add: &mut dyn FnMut(String, String)) {
    let (folder, package) = (format!("servers/{}", server.names.folder), format!("servers/{}", server.names.package));
    let tools = api::typed(server);
    let lines: Vec<String> = tools.iter().map(api::line).collect();
    let (name, text) = api::listing(server, &lines);
    add(format!("servers/{name}"), text);
    for (tool, types) in &tools {
        let (ts, py) = (&tool.names.typescript, &tool.names.python);
        let params: Vec<Value> = types.arguments.iter().map(|field| Value::from(field.name.as_str())).collect();
        let params = Value::Array(params);
        let named = |quoted: fn(&str) -> String| (quoted(server.name.as_str()), quoted(tool.id.tool.as_str()));
        let (of, name) = named(quote::typescript);
        add(
            format!("{folder}/{ts}.js"),
            format!(
                "import {{ tool }} from \"../../outboard.js\";\n\n\
                 export const {ts} = tool({of}, {name}, {}, {});\n",
                quote::typescript(ts),
                quote::json(&params)
            ),
        );
        let (of, name) = named(quote::python);
        add(
            format!("{package}/{py}.py"),
            format!("from outboard_api import tool\n\n{py} = tool({of}, {name}, {})\n", quote::json(&params)),
        );
    }
    add(format!("{folder}/index.js"), api::barrel(server, ".js"));
    add(format!("{package}/__init__.py"), api::init(server));
}
