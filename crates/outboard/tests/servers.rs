//! Servers in a few lines of Python, for what the demo servers do not do.

use crate::support::{Place, Session};
use serde_json::json;

/// Speaks the protocol; what the tools are and do is the script's.
const STUB: &str = r#"
import json, sys

def serve(tools, call):
    """Answers with what `call(name, arguments, meta)` returns: a text as it is, anything else as JSON."""
    listed = lambda: tools() if callable(tools) else tools
    for line in sys.stdin:
        message = json.loads(line)
        method, id = message.get("method"), message.get("id")
        if id is None:
            continue
        answer = {"jsonrpc": "2.0", "id": id}
        if method == "initialize":
            info = {"name": "stub", "version": "1"}
            answer["result"] = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        elif method == "tools/list":
            answer["result"] = {"tools": listed()}
        elif method == "tools/call":
            params = message["params"]
            said = call(params["name"], params.get("arguments", {}), params.get("_meta", {}))
            text = said if isinstance(said, str) else json.dumps(said)
            answer["result"] = {"content": [{"type": "text", "text": text}]}
            if any("outputSchema" in tool for tool in listed() if tool["name"] == params["name"]):
                answer["result"]["structuredContent"] = said
        else:
            answer["error"] = {"code": -32601, "message": "no"}
        print(json.dumps(answer), flush=True)
"#;

impl Place {
    /// The settings of a server whose script calls `serve(tools, call)`. Arguments are files of this place.
    pub(crate) fn python(&self, name: &str, script: &str, files: &[&str]) -> String {
        self.write("stub.py", STUB);
        self.write(&format!("{name}.py"), &format!("import json, sys, time\nfrom stub import serve\n{script}"));
        let script = format!("{name}.py");
        let paths = std::iter::once(script.as_str()).chain(files.iter().copied());
        let arguments: Vec<_> = paths.map(|file| self.path().join(file).display().to_string()).collect();
        format!("[servers.{name}]\ncommand = \"python3\"\nargs = {}\n", json!(arguments))
    }

    /// A client's session of the handshake era.
    pub(crate) fn client(&self) -> Session {
        let mut session = self.serve();
        let client = json!({"name": "t", "version": "1"});
        let given = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        session.request("initialize", given);
        session
    }
}

#[test]
fn a_server_that_cannot_be_listed_is_not_an_unknown_one() {
    let place = Place::with(&[]);
    place.settings("[servers.broken]\ncommand = \"/nonexistent/server\"\n");
    for arguments in [&["call", "broken", "read", "{}"][..], &["call", "broken.read", "{}"]] {
        let told = String::from_utf8(place.run(arguments).stderr).unwrap();
        assert!(told.contains("error[upstream_unavailable]") && told.contains("/nonexistent/server"), "{told}");
        assert!(!told.contains("no server is named"), "{told}");
    }
    let told = String::from_utf8(place.run(&["call", "broken", "read", "{\"a\": b}"]).stderr).unwrap();
    assert!(told.contains("the arguments are not JSON") && told.contains("quoted for the shell"), "{told}");
}
