//! The clients: one table.

/// One client, and how it is asked.
pub(super) struct Client {
    /// Its name in `outboard install`.
    pub(super) id: &'static str,
    /// Its package and version.
    pub(super) package: &'static str,
    /// The script of the package that puts its program together, where there is one; others are not run.
    pub(super) setup: Option<&'static str>,
    /// A folder of its home that is there once it was started.
    pub(super) folder: &'static str,
    /// Its program.
    pub(super) program: Program,
    pub(super) args: &'static [&'static str],
    pub(super) env: &'static [(&'static str, &'static str)],
    /// What is written to it.
    pub(super) input: &'static str,
    /// What the line about Outboard says where all is well.
    pub(super) well: &'static str,
    /// How it is asked, for a reader.
    pub(super) question: &'static str,
}

/// What is started.
pub(super) enum Program {
    /// A program of the package, below `node_modules`.
    Bin(&'static str),
    /// A script of ours that uses the client's own library.
    Script(&'static str),
}

/// `NAME mcp list`, which connects and says so.
const fn listing(id: &'static str, package: &'static str, program: &'static str, question: &'static str) -> Client {
    let program = Program::Bin(program);
    let args = &["mcp", "list"];
    let (setup, folder, env, input, well) = (None, "", &[], "", "connected");
    Client { id, package, setup, folder, program, args, env, input, well, question }
}

/// Codex lists without connecting; the server behind its editors starts what it lists.
const CODEX: &str = concat!(
    r#"{"id":1,"method":"initialize","params":{"clientInfo":{"name":"trial","title":"trial","version":"1"}}}"#,
    "\n",
    r#"{"method":"initialized"}"#,
    "\n",
    r#"{"id":2,"method":"mcpServerStatus/list","params":{}}"#,
    "\n",
);

/// Cline's command line has no listing; its library connects to what its file says.
const CLINE: &str = include_str!("cline.mjs");

/// All of them.
pub(super) const CLIENTS: &[Client] = &[
    Client {
        setup: Some("@anthropic-ai/claude-code/install.cjs"),
        ..listing("claude-code", "@anthropic-ai/claude-code@2.1.197", ".bin/claude", "`claude mcp list`")
    },
    Client {
        program: Program::Bin(".bin/codex"),
        args: &["app-server"],
        input: CODEX,
        well: "\"run_code\"",
        ..listing("codex", "@openai/codex@0.169.0", "", "`codex app-server`, `mcpServerStatus/list`")
    },
    Client {
        // It starts servers in folders only that the person trusts.
        env: &[("GEMINI_CLI_TRUST_WORKSPACE", "true")],
        ..listing("gemini", "@google/gemini-cli@0.61.0", ".bin/gemini", "`gemini mcp list`, in a trusted folder")
    },
    listing("qwen", "@qwen-code/qwen-code@0.15.10", ".bin/qwen", "`qwen mcp list`"),
    Client {
        setup: Some("opencode-ai/postinstall.mjs"),
        ..listing("opencode", "opencode-ai@1.18.33", "opencode-ai/bin/opencode.exe", "`opencode mcp list`")
    },
    Client {
        folder: ".cline/data/settings",
        program: Program::Script(CLINE),
        args: &[],
        well: "run_code",
        ..listing("cline", "cline@3.0.65", "", "`@cline/core`, the library of its command line")
    },
];
