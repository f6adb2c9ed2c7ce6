//! Where `serve` takes requests: stdin, a port, a socket of the file system, or what systemd hands over.

use crate::cli;
use crate::failure::Failure;
use outboard_types::ErrorCode;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// An open door.
pub(super) enum Door {
    /// Standard input and output.
    Stdio,
    /// A port.
    Port(TcpListener),
    /// A socket, and its file where it is ours to remove.
    Socket(UnixListener, Option<SocketFile>),
}

/// The file of a socket; removed at the end.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Opens what the command line names, or takes what systemd hands over; stdin and stdout without either.
pub(super) fn door(args: &cli::Serve) -> Result<Door, Failure> {
    let door = match (&args.http, &args.socket) {
        (Some(address), _) => Door::Port(port(*address)?),
        (None, Some(path)) => socket(path)?,
        (None, None) => handed_over()?,
    };
    match &door {
        Door::Stdio => {}
        Door::Port(listener) => listener.set_nonblocking(true)?,
        Door::Socket(listener, _) => listener.set_nonblocking(true)?,
    }
    Ok(door)
}

fn port(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        Failure::new(ErrorCode::InvalidRequest, format!("cannot listen on {address}: {error}"))
            .hint("choose a free port with --http 127.0.0.1:PORT")
    })
}

/// A socket that only this user can open. One that nobody listens on any more is replaced.
fn socket(path: &Path) -> Result<Door, Failure> {
    let refused = |why: String| {
        Failure::new(ErrorCode::InvalidRequest, format!("cannot listen on {}: {why}", path.display()))
            .hint("choose another path with --socket PATH")
    };
    if let Ok(found) = std::fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            return Err(refused("a file that is no socket is there".into()));
        }
        if UnixStream::connect(path).is_ok() {
            return Err(refused("another process listens there".into()));
        }
        std::fs::remove_file(path)?;
    }
    // Made in a folder of its own and moved into place, so that there is no moment in which others could open it.
    let beside = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = tempfile::tempdir_in(beside).map_err(|error| refused(error.to_string()))?;
    let hidden = folder.path().join("s");
    let listener = UnixListener::bind(&hidden).map_err(|error| refused(error.to_string()))?;
    std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&hidden, path).map_err(|error| refused(error.to_string()))?;
    crate::output::talk(&format!("listening on {}", path.display()));
    Ok(Door::Socket(listener, Some(SocketFile(path.to_owned()))))
}

/// The first socket of `LISTEN_FDS`, which systemd sets when it starts us for a connection.
fn handed_over() -> Result<Door, Failure> {
    let mut handed = listenfd::ListenFd::from_env();
    if handed.len() == 0 {
        return Ok(Door::Stdio);
    }
    if let Ok(Some(listener)) = handed.take_unix_listener(0) {
        return Ok(Door::Socket(listener, None));
    }
    match handed.take_tcp_listener(0) {
        Ok(Some(listener)) => Ok(Door::Port(listener)),
        _ => Err(Failure::new(ErrorCode::InvalidRequest, "LISTEN_FDS hands over no listening socket".to_owned())
            .hint("the unit needs ListenStream=, and Accept=no")),
    }
}
