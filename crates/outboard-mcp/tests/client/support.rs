//! A scripted server, upstreams over it, and calls.

use outboard_mcp::client::{ClientInfo, ServerState, TransportSpec, UpstreamSpec, Upstreams};
use outboard_types::{
    Call, CallContext, CallOrigin, CancellationToken, ExecutionId, Outcome, Principal, ServerName, SessionName,
    ToolError, ToolId, ToolResult,
};
use serde_json::{Value, json, value::to_raw_value};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The interpreter itself: wrappers in front of it would be the process that is watched.
pub(crate) fn python() -> String {
    static PYTHON: OnceLock<String> = OnceLock::new();
    let find = || {
        let asked = std::process::Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        let output = asked.expect("these tests need python3 ≥ 3.10: apt-get install python3");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    PYTHON.get_or_init(find).clone()
}

pub(crate) fn script(name: &str) -> String {
    format!("{}/tests/client/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A folder for cache and log, and the upstreams over scripted servers named as their modes.
pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) upstreams: Arc<Upstreams>,
}

pub(crate) fn name(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

pub(crate) fn spec(mode: &str, log: PathBuf) -> UpstreamSpec {
    let args = ["-I", "-S", &script("fake_server.py"), mode, &log.display().to_string()].map(str::to_owned).to_vec();
    with_transport(mode, TransportSpec::Stdio { command: python(), args, env: BTreeMap::new(), cwd: None })
}

pub(crate) fn with_transport(server: &str, transport: TransportSpec) -> UpstreamSpec {
    UpstreamSpec {
        name: name(server),
        transport,
        timeout: Duration::from_secs(20),
        start_timeout: Duration::from_secs(10),
        listing: None,
        allow: Vec::new(),
        deny: Vec::new(),
        keeper: None,
        personal: None,
    }
}

pub(crate) fn client() -> ClientInfo {
    ClientInfo { name: "outboard".into(), version: "0".into() }
}

impl Stage {
    pub(crate) fn new(modes: &[&str]) -> Self {
        Self::with(modes, |_| {})
    }

    pub(crate) fn with(modes: &[&str], change: impl Fn(&mut UpstreamSpec)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let build = |mode: &&str| {
            let mut spec = spec(mode, folder.path().join(format!("{mode}.log")));
            change(&mut spec);
            spec
        };
        Self::of(modes.iter().map(build).collect(), folder)
    }

    pub(crate) fn of(specs: Vec<UpstreamSpec>, folder: tempfile::TempDir) -> Self {
        let upstreams = Upstreams::new(specs, folder.path().join("cache"), client());
        Self { folder, upstreams }
    }

    /// The same configuration as seen by the next run of the program.
    pub(crate) fn again(self, modes: &[&str]) -> Self {
        let specs = modes.iter().map(|mode| spec(mode, self.folder.path().join(format!("{mode}.log")))).collect();
        Self::of(specs, self.folder)
    }

    pub(crate) async fn call(&self, server: &str, tool: &str, arguments: Value) -> Outcome {
        self.upstreams.call(&call(server, tool, arguments)).await
    }

    pub(crate) async fn error(&self, server: &str, tool: &str, arguments: Value) -> ToolError {
        self.call(server, tool, arguments).await.unwrap_err()
    }

    /// Calls `echo` and checks that it works.
    pub(crate) async fn works(&self, server: &str) {
        let result = self.call(server, "echo", json!({"a": 1})).await.unwrap();
        assert_eq!(result.structured.unwrap().get(), r#"{"a": 1}"#);
    }

    pub(crate) fn state(&self, server: &str) -> ServerState {
        self.upstreams.states().into_iter().find(|state| state.name.as_str() == server).unwrap()
    }

    pub(crate) fn log(&self, mode: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join(format!("{mode}.log"))).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The methods received since the last start, in order.
    pub(crate) fn methods(&self, mode: &str) -> Vec<String> {
        let log = self.log(mode);
        let start = log.iter().rposition(|entry| entry["start"].is_u64()).unwrap();
        log[start..].iter().filter_map(|entry| entry["method"].as_str().map(str::to_owned)).collect()
    }

    pub(crate) fn starts(&self, mode: &str) -> usize {
        self.log(mode).iter().filter(|entry| entry["start"].is_u64()).count()
    }
}

pub(crate) fn call(server: &str, tool: &str, arguments: Value) -> Call {
    let context = CallContext {
        execution: ExecutionId::from_parts(0, 0),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Program,
        cancel: CancellationToken::new(),
    };
    let arguments = to_raw_value(&arguments).unwrap().into();
    Call {
        trace: outboard_types::CallTracing::default(),
        id: ToolId::new(server, tool).unwrap(),
        arguments,
        number: 1,
        idempotency_key: None,
        context: Arc::new(context),
    }
}

pub(crate) fn text(result: ToolResult) -> String {
    let content: Value = serde_json::from_str(result.content.unwrap().get()).unwrap();
    content[0]["text"].as_str().unwrap().to_owned()
}

/// Waits for a condition; what has not come about after a minute never will.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
