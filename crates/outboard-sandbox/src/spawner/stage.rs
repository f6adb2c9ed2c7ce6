//! The stage: one read-only root per engine, built once, copied into every jail.
//!
//! It lies over `/proc` in the spawner's own mount namespace, where nothing else is looked for.

use super::identity::Identity;
use crate::layers::{Layer, LayerState, layers};
use crate::message::{At, Failure, Folder, Layout, Spawn};
use crate::options::Limits;
use crate::sys::{filter, landlock, mounts};
use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

const STAGE: &str = "/proc";
const DEVICES: [&str; 4] = ["null", "zero", "urandom", "random"];

/// Everything that jails of this host have in common.
pub(super) struct Stage {
    pub(super) identity: Identity,
    pub(super) limits: Limits,
    pub(super) filter: Vec<libc::sock_filter>,
    /// The kernel's Landlock version; 0 when it cannot ban sockets.
    pub(super) landlock: i64,
    layouts: Vec<Layout>,
}

/// What one worker needs, prepared before it is cloned.
pub(super) struct Plan {
    pub(super) root: CString,
    pub(super) mounts: Vec<(OwnedFd, CString)>,
    /// The folders that the worker may change, as it sees them.
    pub(super) changeable: Vec<CString>,
    pub(super) argv: Vec<CString>,
    pub(super) channel: OwnedFd,
}

impl Stage {
    pub(super) fn build(layouts: Vec<Layout>, limits: Limits, texts: Vec<OwnedFd>) -> Result<Self, Failure> {
        let identity = Identity::take()?;
        mounts::stop_propagation().at(Layer::Files, "keep the spawner's mounts private")?;
        mounts::memory(&text(STAGE)?, c"size=1m,nr_inodes=4k,mode=755").at(Layer::Files, "mount the stage")?;
        let mut texts = texts.into_iter();
        for layout in &layouts {
            build_root(layout, &mut texts)?;
        }
        let landlock = landlock::version().ok().filter(|version| *version >= 4).unwrap_or(0);
        Ok(Self { identity, limits, filter: filter::program(), landlock, layouts })
    }

    /// The layers as they are here, for `doctor`.
    pub(super) fn layers(&self) -> Vec<LayerState> {
        let state = |(layer, _)| {
            let note = match layer {
                Layer::Identity if self.identity.root => format!("host uid {}", self.identity.uid),
                Layer::Identity => format!("own host uid {}", self.identity.uid),
                Layer::Landlock if self.landlock > 0 => format!("ABI {}", self.landlock),
                Layer::Landlock => "the kernel has no Landlock of ABI 4 or newer".to_owned(),
                Layer::Watch => "CPU clock and resident memory, sampled".to_owned(),
                _ => String::new(),
            };
            LayerState { layer, on: layer != Layer::Landlock || self.landlock > 0, note }
        };
        layers().into_iter().map(state).collect()
    }

    /// Prepares one worker: opens its folders while the spawner's own rights still reach them.
    pub(super) fn plan(&mut self, spawn: &Spawn, channel: OwnedFd) -> Result<Plan, Failure> {
        let unknown = || io::Error::from_raw_os_error(libc::ENOENT);
        let layout = self.layouts.iter().find(|layout| layout.name == spawn.layout);
        let layout = layout.ok_or_else(unknown).at(Layer::Files, format!("find the layout {}", spawn.layout))?;
        let argv = layout.argv.iter().map(|word| text(word)).collect::<Result<_, _>>()?;
        let root = root_of(&layout.name);
        let mut mounts = Vec::new();
        let mut changeable = vec![c"/tmp".to_owned()];
        for folder in &spawn.mounts {
            let name = folder.target.trim_start_matches('/');
            let place = root.join(name);
            make(&place, fs::create_dir_all(&place))?;
            if folder.writable {
                changeable.push(text(&format!("/{name}"))?);
            }
            mounts.push((open_folder(&mut self.identity, folder)?, text(name)?));
        }
        Ok(Plan { root: path_text(&root)?, mounts, changeable, argv, channel })
    }
}

fn root_of(name: &str) -> PathBuf {
    Path::new(STAGE).join(name)
}

fn build_root(layout: &Layout, texts: &mut impl Iterator<Item = OwnedFd>) -> Result<(), Failure> {
    let root = root_of(&layout.name);
    make(&root, fs::create_dir(&root))?;
    mounts::memory(&path_text(&root)?, c"size=4m,nr_inodes=1k,mode=755").at(Layer::Files, "mount a root")?;
    for folder in ["dev", "tmp", "outboard"] {
        let path = root.join(folder);
        make(&path, fs::create_dir(&path))?;
    }
    for device in DEVICES {
        let source = Path::new("/dev").join(device);
        show(&source, &root.join("dev").join(device), mounts::NO_SUID | mounts::NO_EXEC)?;
    }
    for (at, to) in &layout.links {
        let at = inside(&root, at);
        make(&at, symlink(to, &at))?;
    }
    for (source, at) in &layout.binds {
        show(source, &inside(&root, at), mounts::READ_ONLY | mounts::NO_SUID | mounts::NO_DEV)?;
    }
    for (at, source) in layout.files.iter().zip(texts) {
        let at = inside(&root, at);
        let copied = fs::File::create(&at).and_then(|mut file| io::copy(&mut fs::File::from(source), &mut file));
        make(&at, copied)?;
    }
    Ok(())
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
    let read_only = if folder.writable { 0 } else { mounts::READ_ONLY };
    let attributes = read_only | mounts::NO_SUID | mounts::NO_DEV | mounts::NO_EXEC;
    mounts::set_attributes(tree.as_fd(), attributes, true).at(Layer::Files, step("mount_setattr on"))?;
    let owner = (found.uid(), found.gid());
    if identity.root && owner != (identity.uid, identity.gid) {
        let userns = identity.disguise(owner).at(Layer::Identity, step("make an id mapping for"))?;
        let mapped = mounts::map_ids(tree.as_fd(), userns.as_fd());
        own_instead(identity, folder, mapped).at(Layer::Files, step("map the owner of"))?;
    }
    Ok(tree.into())
}

/// Where the file system cannot map owners, a writable folder itself becomes the worker's.
fn own_instead(identity: &Identity, folder: &Folder, mapped: io::Result<()>) -> io::Result<()> {
    match mapped {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) && folder.writable => {
            std::os::unix::fs::lchown(&folder.source, Some(identity.uid), Some(identity.gid))
        }
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        other => other,
    }
}

fn make<T>(path: &Path, done: io::Result<T>) -> Result<(), Failure> {
    done.map(drop).at(Layer::Files, format!("make {} on the stage", path.display()))
}

fn text(text: &str) -> Result<CString, Failure> {
    CString::new(text).map_err(io::Error::from).at(Layer::Files, "a path with a zero byte")
}

fn path_text(path: &Path) -> Result<CString, Failure> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from).at(Layer::Files, "a path with a zero byte")
}
