//! What a program would find if it got out: a decoy, a process, listeners.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a program would find if it got out.
pub(crate) struct Bait {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) victim: Child,
    listener: TcpListener,
    _named: UnixListener,
    _in_workspace: UnixListener,
    _abstract: UnixListener,
    abstract_name: String,
}

const SECRET: &str = "a secret of the host";

impl Bait {
    pub(crate) fn lay() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        fs::write(path.join("decoy.txt"), SECRET)?;
        for name in ["workspace", "servers"] {
            fs::create_dir(path.join(name))?;
            symlink(path.join("decoy.txt"), path.join(name).join("to-decoy"))?;
            symlink(path, path.join(name).join("to-folder"))?;
        }
        fs::write(path.join("servers/shown.txt"), SECRET)?;
        let abstract_name = format!("outboard-attack-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&abstract_name)?;
        Ok(Self {
            victim: Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().context("start `sleep`")?,
            listener: TcpListener::bind("127.0.0.1:0")?,
            _named: UnixListener::bind(path.join("socket"))?,
            _in_workspace: UnixListener::bind(path.join("workspace/socket"))?,
            _abstract: UnixListener::bind_addr(&address)?,
            abstract_name,
            folder,
        })
    }

    pub(crate) fn workspace(&self) -> std::path::PathBuf {
        self.folder.path().join("workspace")
    }

    pub(crate) fn servers(&self) -> std::path::PathBuf {
        self.folder.path().join("servers")
    }

    /// What the battery has to know; `only` these groups of it, where there are any.
    pub(crate) fn description(&self, host: i32, spawner: Option<i32>, only: &[String]) -> Value {
        let path = self.folder.path();
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        json!({"only": only, "decoy": path.join("decoy.txt"), "victim": self.victim.id(), "host": host, "spawner": spawner,
               "port": self.listener.local_addr().map_or(0, |address| address.port()), "named": path.join("socket"),
               "abstract": self.abstract_name, "name": name.trim(),
               "folder": std::env::current_exe().ok().and_then(|file| file.parent().map(Path::to_owned))})
    }

    /// Readable for everyone, so that what protects it is the jail alone.
    pub(crate) fn restore(&self) -> Result<()> {
        fs::set_permissions(self.folder.path().join("decoy.txt"), fs::Permissions::from_mode(0o644))?;
        Ok(())
    }

    pub(crate) fn untouched(&self) -> bool {
        let same = |name: &str| fs::read_to_string(self.folder.path().join(name)).is_ok_and(|text| text == SECRET);
        let count = fs::read_dir(self.servers()).map_or(0, Iterator::count);
        same("decoy.txt") && same("servers/shown.txt") && count == 3
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}
