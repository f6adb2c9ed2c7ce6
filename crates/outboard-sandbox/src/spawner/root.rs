//! Roots of jails: one read-only tree per engine, built once, copied into every jail; and granted folders.
//!
//! The trees lie over `/proc` in the spawner's own mount namespace, where nothing else is looked for. A jail's
//! root is a copy of the mount, not of the files: a folder that is made here later, to mount something on, shows
//! in the jails that run already.

use super::identity::Identity;
use crate::ablation::{self, Part};
use crate::layers::Layer;
use crate::message::{At, Failure, Folder, Layout, Profile};
use crate::sys::mounts;
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

const STAGE: &str = "/proc";
const DEVICES: [&str; 4] = ["null", "zero", "urandom", "random"];
/// A mapping of this one is memory that no limit sees, where it may be written to. Landlock forbids that where it is
/// there; engines that need the device least do without it.
const ZERO: &str = "zero";
/// Folders that grants usually name. They are there from the start, so that a worker which looks around before it
/// has its folders finds what it will have.
pub(super) const USUAL: [&str; 3] = ["servers", "skills", "workspace"];
/// What a networked program checks servers with.
const CERTIFICATES: [&str; 2] = ["/etc/ssl/certs", "/usr/share/ca-certificates"];

/// A detached mount and where it goes, relative to the jail's root.
pub(super) type Mounted = (OwnedFd, CString);

/// Builds the root of every engine.
pub(super) fn build(layouts: &[Layout], texts: Vec<OwnedFd>) -> Result<(), Failure> {
    mounts::stop_propagation().at(Layer::Files, "keep the spawner's mounts private")?;
    mounts::memory(&text(STAGE)?, c"size=1m,nr_inodes=4k,mode=755").at(Layer::Files, "mount the stage")?;
    let mut texts = texts.into_iter();
    layouts.iter().try_for_each(|layout| build_root(layout, &mut texts))
}

/// Opens granted folders while the spawner's own rights still reach them, and makes places to mount them on.
pub(super) fn open_folders(identity: &mut Identity, layout: &str, folders: &[Folder]) -> Result<Vec<Mounted>, Failure> {
    let root = root_of(layout);
    let mut opened = Vec::new();
    for folder in folders {
        let name = folder.target.trim_start_matches('/');
        let place = root.join(name);
        make(&place, fs::create_dir_all(&place))?;
        opened.push((open_folder(identity, folder)?, text(name)?));
    }
    Ok(opened)
}

/// The host's certificates, for a worker with a network.
pub(super) fn certificates(layout: &str) -> Result<Vec<Mounted>, Failure> {
    let mut opened = Vec::new();
    for folder in CERTIFICATES.iter().filter(|folder| Path::new(folder).is_dir()) {
        let place = inside(&root_of(layout), folder);
        make(&place, fs::create_dir_all(&place))?;
        let tree = mounts::copy_tree(&text(folder)?).at(Layer::Files, format!("open_tree {folder}"))?;
        let attributes = mounts::READ_ONLY | mounts::NO_SUID | mounts::NO_DEV | mounts::NO_EXEC;
        mounts::set_attributes(tree.as_fd(), attributes, true)
            .at(Layer::Files, format!("mount_setattr on {folder}"))?;
        opened.push((tree, text(folder.trim_start_matches('/'))?));
    }
    Ok(opened)
}

/// Where the root of an engine is kept.
pub(super) fn root_of(name: &str) -> PathBuf {
    Path::new(STAGE).join(name)
}

fn build_root(layout: &Layout, texts: &mut impl Iterator<Item = OwnedFd>) -> Result<(), Failure> {
    let root = root_of(&layout.name);
    make(&root, fs::create_dir(&root))?;
    mounts::memory(&path_text(&root)?, c"size=4m,nr_inodes=1k,mode=755").at(Layer::Files, "mount a root")?;
    for folder in ["dev", "tmp", "outboard"].into_iter().chain(USUAL) {
        let path = root.join(folder);
        make(&path, fs::create_dir(&path))?;
    }
    for device in DEVICES.into_iter().filter(|device| *device != ZERO || layout.profile != Profile::Base) {
        let source = Path::new("/dev").join(device);
        show(&source, &root.join("dev").join(device), mounts::NO_SUID | mounts::NO_EXEC)?;
    }
    for (at, to) in &layout.links {
        let at = placed(&root, at)?;
        make(&at, symlink(to, &at))?;
    }
    for (source, at) in &layout.binds {
        show(source, &inside(&root, at), mounts::READ_ONLY | mounts::NO_SUID | mounts::NO_DEV)?;
    }
    for (at, text) in &layout.texts {
        let at = placed(&root, at)?;
        make(&at, fs::write(&at, text))?;
    }
    for (at, source) in layout.files.iter().zip(texts) {
        let at = placed(&root, at)?;
        let copied = fs::File::create(&at).and_then(|mut file| io::copy(&mut fs::File::from(source), &mut file));
        make(&at, copied)?;
    }
    Ok(())
}

/// The same with the folders above it made.
fn placed(root: &Path, path: &str) -> Result<PathBuf, Failure> {
    let at = inside(root, path);
    let parent = at.parent().unwrap_or(&at);
    make(parent, fs::create_dir_all(parent))?;
    Ok(at)
}

fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// Shows a file or folder of the host at a path of a root.
fn show(source: &Path, at: &Path, attributes: u64) -> Result<(), Failure> {
    let parent = at.parent().unwrap_or(at);
    make(parent, fs::create_dir_all(parent))?;
    if fs::metadata(source).at(Layer::Files, format!("look at {}", source.display()))?.is_dir() {
        make(at, fs::create_dir_all(at))?;
    } else {
        make(at, fs::write(at, ""))?;
    }
    let step = |what: &str| format!("{what} {}", source.display());
    let tree = mounts::copy_tree(&path_text(source)?).at(Layer::Files, step("open_tree"))?;
    mounts::set_attributes(tree.as_fd(), attributes, true).at(Layer::Files, step("mount_setattr on"))?;
    mounts::attach(tree.as_fd(), &path_text(at)?).at(Layer::Files, step("attach"))
}

/// Opens a granted folder as a detached mount and checks that it is the one the host meant.
fn open_folder(identity: &mut Identity, folder: &Folder) -> Result<OwnedFd, Failure> {
    let step = |what: &str| format!("{what} {}", folder.source.display());
    let tree = mounts::copy_tree(&path_text(&folder.source)?).at(Layer::Files, step("open_tree"))?;
    let tree = fs::File::from(tree);
    let found = tree.metadata().at(Layer::Files, step("look at"))?;
    if (found.dev(), found.ino()) != (folder.device, folder.inode) {
        return Err(io::Error::from_raw_os_error(libc::ESTALE)).at(Layer::Files, step("find the same folder at"));
    }
    let read_only = if folder.writable || !ablation::keeps(Part::ReadOnly) { 0 } else { mounts::READ_ONLY };
    let attributes = read_only | mounts::NO_SUID | mounts::NO_DEV | mounts::NO_EXEC;
    mounts::set_attributes(tree.as_fd(), attributes, true).at(Layer::Files, step("mount_setattr on"))?;
    let owner = (found.uid(), found.gid());
    if identity.root && owner != (identity.uid, identity.gid) {
        let mapped = identity.disguise(owner).and_then(|userns| mounts::map_ids(tree.as_fd(), userns.as_fd()));
        let done = match mapped {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) && folder.writable => {
                identity.take_over(folder, tree.as_fd(), owner)
            }
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
            other => other,
        };
        done.at(Layer::Files, step("map the owner of"))?;
    }
    Ok(tree.into())
}

pub(super) fn make<T>(path: &Path, done: io::Result<T>) -> Result<(), Failure> {
    done.map(drop).at(Layer::Files, format!("make {} on the stage", path.display()))
}

pub(super) fn text(text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(io::Error::from).at(Layer::Files, "a path with a zero byte")
}

pub(super) fn path_text(path: &Path) -> Result<CString, Failure> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from).at(Layer::Files, "a path with a zero byte")
}
