//! Tier B: workers where the machine forbids namespaces. Landlock's list of files takes the place of a root.
//!
//! A worker's `/` is a folder of its own below the runtime folder: links named as the granted folders, a `tmp`, and
//! what the jail would show of ours. The worker is told where it is by `--root`. The folder goes with the worker.
//!
//! Root's workers are somebody else, who may not walk to folders that lie below closed ones, as a user's own do: they are
//! handed those open, and the links name the descriptors.

use super::identity::Identity;
use super::root::{make, path_text, text};
use super::stage::{HANDED, HELD, Place};
use crate::layers::Layer;
use crate::message::{At, Failure, Folder, Layout, Spawn};
use crate::sys::landlock::{Folder as Named, Rules};
use outboard_held::remove_tree;
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};

const NAME: &str = "outboard-worker";
const DEVICES: [&str; 3] = ["/dev/zero", "/dev/urandom", "/dev/random"];
const NULL: &str = "/dev/null";

/// What workers of tier B have in common.
pub(super) struct Bare {
    base: PathBuf,
    /// Files of each layout.
    files: HashMap<String, Vec<(String, Vec<u8>)>>,
    /// Why there are no namespaces.
    cause: Failure,
}

impl Bare {
    pub(super) fn build(
        runtime: &Path,
        layouts: &[Layout],
        texts: &[OwnedFd],
        identity: &Identity,
        cause: Failure,
    ) -> Result<Self, Failure> {
        remove_stale(runtime, identity);
        let mark = RandomState::new().build_hasher().finish();
        let base = runtime.join(format!("{NAME}-{}-{mark:016x}", std::process::id()));
        make(&base, DirBuilder::new().mode(0o711).create(&base))?;
        let mut texts = texts.iter();
        let mut files = HashMap::new();
        for layout in layouts {
            let read = layout.files.iter().zip(texts.by_ref()).map(|(at, text)| Ok((at.clone(), whole(text)?)));
            let short = layout.texts.iter().map(|(at, text)| Ok((at.clone(), text.clone().into_bytes())));
            let all = read.chain(short).collect::<io::Result<Vec<_>>>();
            files.insert(layout.name.clone(), all.at(Layer::Files, "read a text")?);
        }
        Ok(Self { base, files, cause })
    }

    /// Why this is not tier A.
    pub(super) fn reason(&self) -> String {
        format!("{}: {}", self.cause.step, io::Error::from_raw_os_error(self.cause.errno))
    }

    /// Makes a worker's folder and says what it may reach.
    pub(super) fn plan(
        &mut self,
        identity: &Identity,
        layout: &Layout,
        spawn: &Spawn,
    ) -> Result<(Place, Rules, Vec<String>), Failure> {
        let impossible = |step: &str| Err(io::Error::from_raw_os_error(libc::ENOSYS)).at(Layer::Namespaces, step);
        let Some(root_at) = layout.root_at.filter(|_| !spawn.network) else {
            return impossible("this engine or grant needs namespaces");
        };
        let root = self.folder(spawn.id);
        let names = Names::new(layout, &root);
        self.furnish(identity, layout, &root, &names)?;
        let mut rules = rules(layout, &root)?;
        let mut held = Vec::new();
        for folder in &spawn.mounts {
            let is_around =
                |other: &&Folder| other.target != folder.target && Path::new(&folder.target).starts_with(&other.target);
            if let Some(around) = spawn.mounts.iter().find(is_around) {
                // Landlock cannot take back below a folder what it allows there.
                return impossible(&format!(
                    "another mode for {} in {} takes namespaces",
                    folder.target, around.target
                ));
            }
            show(identity, folder, &root, &mut rules, &mut held)?;
        }
        let mut argv: Vec<_> = layout.argv.iter().map(|word| names.outside(word)).collect();
        let at = root_at.min(argv.len());
        argv.splice(at..at, ["--root".to_owned(), root.display().to_string()]);
        Ok((Place::Folder(path_text(&root)?, held), rules, argv))
    }

    /// A worker's `/tmp`. It is on the host's disk, so it counts as what the worker may hold there.
    pub(super) fn tmp(&self, id: u64) -> Option<Folder> {
        let source = self.folder(id).join("tmp");
        let found = fs::symlink_metadata(&source).ok()?;
        let (device, inode) = (found.dev(), found.ino());
        Some(Folder { source, target: "/tmp".to_owned(), writable: true, device, inode })
    }

    /// Removes a worker's folder.
    pub(super) fn remove(&self, id: u64) {
        let _ = remove_tree(&self.folder(id));
    }

    fn folder(&self, id: u64) -> PathBuf {
        self.base.join(id.to_string())
    }

    fn furnish(&self, identity: &Identity, layout: &Layout, root: &Path, names: &Names) -> Result<(), Failure> {
        let tmp = root.join("tmp");
        make(root, DirBuilder::new().mode(0o755).create(root))?;
        make(&tmp, DirBuilder::new().mode(0o700).create(&tmp))?;
        if identity.root {
            make(&tmp, chown(&tmp, Some(identity.uid), Some(identity.gid)))?;
        }
        for (at, bytes) in self.files.get(&layout.name).into_iter().flatten() {
            let path = placed(root, at)?;
            let text = std::str::from_utf8(bytes).map(|text| names.outside(text).into_bytes());
            let short = layout.texts.iter().any(|(short, _)| short == at);
            make(&path, fs::write(&path, if short { text.as_deref().unwrap_or(bytes) } else { bytes }))?;
        }
        for (at, to) in layout.links.iter().filter(|(at, _)| at.starts_with("/outboard/")) {
            let path = placed(root, at)?;
            make(&path, symlink(names.outside(&to.to_string_lossy()), &path))?;
        }
        Ok(())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = remove_tree(&self.base);
    }
}

/// What every worker of a layout may reach: its engine, its folder, four devices.
fn rules(layout: &Layout, root: &Path) -> Result<Rules, Failure> {
    let sources = layout.binds.iter().map(|(source, _)| source.as_path());
    Ok(Rules {
        read: sources.chain([root]).chain(DEVICES.map(Path::new)).map(path_text).collect::<Result<_, _>>()?,
        write: vec![text(NULL)?],
        change: vec![path_text(&root.join("tmp"))?.into()],
        connect: None,
    })
}

/// Links a granted folder into the worker's and adds it to what the worker may reach.
fn show(
    identity: &Identity,
    folder: &Folder,
    root: &Path,
    rules: &mut Rules,
    held: &mut Vec<Named>,
) -> Result<(), Failure> {
    let named = Named { path: path_text(&folder.source)?, identity: Some((folder.device, folder.inode)) };
    let open = named.open().at(Layer::Files, format!("find the same folder at {}", folder.source.display()))?;
    let source = if identity.root {
        held.push(named);
        PathBuf::from(format!("{HANDED}{}", HELD as usize + held.len() - 1))
    } else {
        folder.source.clone()
    };
    let (link, path) = (placed(root, &folder.target)?, path_text(&source)?);
    make(&link, symlink(&source, &link))?;
    if !folder.writable {
        rules.read.push(path);
        return Ok(());
    }
    if identity.root {
        let open = File::from(open);
        let owner = open.metadata().map(|found| (found.uid(), found.gid()));
        make(&folder.source, owner.and_then(|owner| identity.take_over(folder, open.as_fd(), owner)))?;
    }
    rules.change.push(Named { path, identity: Some((folder.device, folder.inode)) });
    Ok(())
}

/// What names of the jail are outside of it.
struct Names(Vec<(String, String)>);

impl Names {
    fn new(layout: &Layout, root: &Path) -> Self {
        let own = layout
            .files
            .iter()
            .chain(layout.texts.iter().map(|(at, _)| at))
            .chain(layout.links.iter().map(|(at, _)| at));
        let own = own.filter(|at| at.starts_with("/outboard/"));
        let inside = |at: &str| root.join(at.trim_start_matches('/')).display().to_string();
        let binds = layout.binds.iter().map(|(source, at)| (at.clone(), source.display().to_string()));
        let mut names: Vec<_> = own.map(|at| (at.clone(), inside(at))).chain(binds).collect();
        names.retain(|(at, outside)| at != outside && (at.starts_with("/outboard/") || at.starts_with("/python")));
        names.sort_by_key(|(at, _)| std::cmp::Reverse(at.len()));
        Self(names)
    }

    /// The text with every name of the jail replaced, in one pass.
    fn outside(&self, text: &str) -> String {
        let (mut done, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(first) = rest.chars().next() {
            let found = self.0.iter().find_map(|(at, to)| Some((to, rest.strip_prefix(at.as_str())?)));
            match found {
                Some((to, after)) => {
                    done.push_str(to);
                    rest = after;
                }
                None => {
                    done.push(first);
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        done
    }
}

fn placed(root: &Path, at: &str) -> Result<PathBuf, Failure> {
    let path = root.join(at.trim_start_matches('/'));
    let parent = path.parent().unwrap_or(root);
    make(parent, fs::create_dir_all(parent))?;
    Ok(path)
}

fn whole(file: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::from(file.try_clone()?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Removes what killed spawners of this user left behind.
fn remove_stale(runtime: &Path, identity: &Identity) {
    for entry in fs::read_dir(runtime).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('-')) else { continue };
        let pid = rest.split('-').next().unwrap_or_default();
        let owner = if identity.root { 0 } else { identity.uid };
        let own = entry.metadata().is_ok_and(|data| data.is_dir() && data.uid() == owner);
        if own && pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists() {
            let _ = remove_tree(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_once_and_the_longest_first() {
        let layout = Layout {
            binds: vec![("/opt/py".into(), "/python".into()), ("/o/w".into(), "/outboard/worker".into())],
            files: vec!["/outboard/worker.py".into()],
            ..Layout::default()
        };
        let names = Names::new(&layout, Path::new("/run/outboard/worker/1"));
        assert_eq!(names.outside("/python/bin/p"), "/opt/py/bin/p");
        assert_eq!(names.outside("/outboard/worker.py"), "/run/outboard/worker/1/outboard/worker.py");
        assert_eq!(names.outside("a=/outboard/worker\nb"), "a=/o/w\nb");
    }
}
