//! The second, independent limit on writing, sockets and signals.
//!
//! The first is the jail's own root: should a mount be writable that must not be, this one still holds.
//! Rules name folders as the worker sees them, so they are made after it has entered its root. A rule on
//! `/` covers everything that is mounted beneath, because the kernel walks up across mounts.
#![allow(unsafe_code, reason = "Landlock is not in the standard library")]

use super::check;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::ptr;

#[repr(C)]
struct Ruleset {
    files: u64,
    tcp: u64,
    scoped: u64,
}

#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    folder: i32,
}

#[repr(C)]
struct Port {
    allowed: u64,
    port: u64,
}

const BIND_AND_CONNECT: u64 = 0b11;
const CONNECT: u64 = 0b10;
const ABSTRACT_SOCKETS_AND_SIGNALS: u64 = 0b11;

const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_FOLDER: u64 = 1 << 3;
const REMOVE: u64 = 1 << 4 | 1 << 5;
const MAKE_FOLDER: u64 = 1 << 7;
const MAKE_FILE: u64 = 1 << 8;
const MAKE_PIPE: u64 = 1 << 10;
const MAKE_LINK: u64 = 1 << 12;
const MOVE_ELSEWHERE: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;

/// Everything that version 4 knows about files, devices and sockets in the file system included.
const ALL: u64 = (1 << 15) - 1;
const READ: u64 = EXECUTE | READ_FILE | READ_FOLDER;
/// What a rule for a file, rather than a folder, may name.
const OF_A_FILE: u64 = EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE;
const CHANGE: u64 = WRITE_FILE | TRUNCATE | REMOVE | MAKE_FOLDER | MAKE_FILE | MAKE_PIPE | MAKE_LINK | MOVE_ELSEWHERE;

/// The kernel's Landlock version: 4 knows TCP, 6 knows sockets and signals.
pub(crate) fn version() -> io::Result<i64> {
    const VERSION: u32 = 1;
    // SAFETY: asking for the version takes no attributes.
    check(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<Ruleset>(), 0_usize, VERSION) })
}

/// What a kernel lacks that does not tell of a version that will do, and what brings it.
pub(crate) fn lack(version: &io::Result<i64>) -> (String, &'static str) {
    const NEWER: &str = "it takes Linux 6.7 or newer";
    match version {
        Ok(version) => (format!("the kernel's Landlock is of ABI {version}, and 4 is needed"), NEWER),
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => {
            ("the kernel was started without Landlock".to_owned(), "add landlock to lsm= of the kernel's command line")
        }
        Err(_) => ("the kernel has no Landlock".to_owned(), NEWER),
    }
}

/// What a thread may still reach. Everything that is not named is out of reach.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Files, and folders with all below them, to read and execute.
    pub(crate) read: Vec<CString>,
    /// Files and folders to write to, without making anything there.
    pub(crate) write: Vec<CString>,
    /// Folders to change, with all below them.
    pub(crate) change: Vec<Folder>,
    /// The one TCP port to connect to.
    pub(crate) connect: Option<u16>,
}

/// A folder by name, and what it must be: a name alone could have come to mean something else.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: CString,
    /// Device and inode, where they are known.
    pub(crate) identity: Option<(u64, u64)>,
}

impl From<CString> for Folder {
    fn from(path: CString) -> Self {
        Self { path, identity: None }
    }
}

impl Folder {
    /// Opens it only to name it. Fails with `ESTALE` where the name means something else by now.
    pub(crate) fn open(&self) -> io::Result<OwnedFd> {
        named(&self.path, self.identity).map(OwnedFd::from)
    }
}

fn named(path: &CStr, identity: Option<(u64, u64)>) -> io::Result<File> {
    let opened = File::from(super::fds::name(path)?);
    let found = opened.metadata()?;
    if identity.is_some_and(|identity| identity != (found.dev(), found.ino())) {
        return Err(io::Error::from_raw_os_error(libc::ESTALE));
    }
    Ok(opened)
}

/// Binds the calling thread to the rules; it has none of the sockets and signals that this version can ban.
/// `no_new_privs` must be set.
pub(crate) fn restrict(version: i64, allowed: &Rules) -> io::Result<()> {
    let rules = empty(version)?;
    allowed.read.iter().try_for_each(|path| allow(&rules, path, None, READ))?;
    allowed.write.iter().try_for_each(|path| allow(&rules, path, None, READ_FILE | WRITE_FILE | TRUNCATE))?;
    allowed.change.iter().try_for_each(|folder| allow(&rules, &folder.path, folder.identity, CHANGE | READ))?;
    allowed.connect.into_iter().try_for_each(|port| allow_port(&rules, port))?;
    // SAFETY: a plain call.
    check(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0_u32) })?;
    Ok(())
}

/// Rules for a thread that is yet to come: every file may be read below `root`, `null` written to, `change` changed.
pub(crate) fn prepare(
    version: i64,
    root: BorrowedFd<'_>,
    null: BorrowedFd<'_>,
    change: &[BorrowedFd<'_>],
) -> io::Result<OwnedFd> {
    let rules = empty(version)?;
    add(&rules, root, READ)?;
    add(&rules, null, READ_FILE | WRITE_FILE | TRUNCATE)?;
    change.iter().try_for_each(|folder| add(&rules, *folder, CHANGE | READ))?;
    Ok(rules)
}

/// Rules that allow nothing yet.
fn empty(version: i64) -> io::Result<OwnedFd> {
    let scoped = if version >= 6 { ABSTRACT_SOCKETS_AND_SIGNALS } else { 0 };
    let rules = Ruleset { files: ALL, tcp: BIND_AND_CONNECT, scoped };
    let size = if version >= 6 { mem::size_of::<Ruleset>() } else { 16 };
    // SAFETY: the attributes are at least as long as told.
    let rules = check(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, &raw const rules, size, 0_u32) })?;
    // SAFETY: just opened, owned by nobody else.
    let rules = unsafe { OwnedFd::from_raw_fd(rules as i32) };
    Ok(rules)
}

fn allow(rules: &OwnedFd, path: &CStr, identity: Option<(u64, u64)>, allowed: u64) -> io::Result<()> {
    let opened = named(path, identity)?;
    let allowed = if opened.metadata()?.is_dir() { allowed } else { allowed & OF_A_FILE };
    add(rules, opened.as_fd(), allowed)
}

fn add(rules: &OwnedFd, place: BorrowedFd<'_>, allowed: u64) -> io::Result<()> {
    const PATH_BENEATH: u32 = 1;
    let rule = Beneath { allowed, folder: place.as_raw_fd() };
    // SAFETY: the rule has the layout that the kernel reads.
    check(unsafe {
        libc::syscall(libc::SYS_landlock_add_rule, rules.as_raw_fd(), PATH_BENEATH, &raw const rule, 0_u32)
    })?;
    Ok(())
}

fn allow_port(rules: &OwnedFd, port: u16) -> io::Result<()> {
    const NET_PORT: u32 = 2;
    let rule = Port { allowed: CONNECT, port: u64::from(port) };
    // SAFETY: the rule has the layout that the kernel reads.
    check(unsafe { libc::syscall(libc::SYS_landlock_add_rule, rules.as_raw_fd(), NET_PORT, &raw const rule, 0_u32) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::ErrorKind::PermissionDenied;

    #[test]
    fn a_thread_changes_only_what_it_may() {
        let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mine, other) = (mine.path().to_owned(), other.path().to_owned());
        fs::write(other.join("old"), "old").unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let bound = move || {
            let refused = |done: io::Result<()>| assert_eq!(done.unwrap_err().kind(), PermissionDenied);
            crate::sys::confine::no_new_privileges().unwrap();
            let folder = CString::new(mine.to_str().unwrap()).unwrap();
            let elsewhere =
                Rules { change: vec![Folder { path: folder.clone(), identity: Some((0, 0)) }], ..Rules::default() };
            assert_eq!(restrict(version().unwrap(), &elsewhere).unwrap_err().raw_os_error(), Some(libc::ESTALE));
            let rules = Rules {
                read: vec![c"/".to_owned()],
                write: vec![c"/dev".to_owned()],
                change: vec![folder.into()],
                connect: Some(port),
            };
            restrict(version().unwrap(), &rules).unwrap();
            std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            refused(std::net::TcpStream::connect(("127.0.0.1", port ^ 1)).map(drop));
            assert_eq!(fs::read_to_string(other.join("old")).unwrap(), "old");
            refused(fs::write(other.join("old"), "new"));
            refused(fs::write(other.join("another"), ""));
            refused(fs::remove_file(other.join("old")));
            refused(fs::create_dir(other.join("folder")));
            refused(std::os::unix::fs::symlink("/", other.join("link")));
            refused(std::net::TcpListener::bind("127.0.0.1:0").map(drop));
            ["a", "b"].iter().for_each(|name| fs::create_dir(mine.join(name)).unwrap());
            fs::write(mine.join("a/file"), "1").unwrap();
            fs::rename(mine.join("a/file"), mine.join("b/file")).unwrap();
            fs::write(mine.join("b/file"), "2").unwrap();
            fs::remove_file(mine.join("b/file")).unwrap();
            fs::write("/dev/null", "gone").unwrap();
        };
        std::thread::spawn(bound).join().expect("Landlock of ABI 4 or newer: a kernel of 6.7 or newer");
    }

    #[test]
    fn what_is_lacking_of_landlock_is_told_apart() {
        let said = |version| {
            let (lack, fix) = lack(&version);
            format!("{lack}: {fix}")
        };
        assert!(said(Ok(2)).contains("ABI 2") && said(Ok(2)).contains("6.7"));
        assert!(said(Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))).contains("lsm="));
        assert!(said(Err(io::Error::from_raw_os_error(libc::ENOSYS))).contains("no Landlock"));
    }
}
