//! Where groups can be made, what our own are called, and which of them nobody owns any more.

use crate::sys::process;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const NAME: &str = "outboard-";
/// The same for a worker's group beside ours; after it come our number, our start and the worker's number.
const BESIDE: &str = "outboard.";

/// Which interface the kernel offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Version::One => "cgroup v1",
            Version::Two => "cgroup v2",
        })
    }
}

/// Our own group in the tree of each controller that can be used; with version 2 it is one tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bases {
    pub(super) version: Version,
    pub(super) memory: Option<PathBuf>,
    pub(super) pids: Option<PathBuf>,
    pub(super) cpu: Option<PathBuf>,
}

impl Bases {
    /// Every tree once.
    pub(super) fn all(&self) -> impl Iterator<Item = &PathBuf> {
        let all = [&self.memory, &self.pids, &self.cpu].map(Option::as_ref);
        (0..all.len()).filter(move |index| !all[..*index].contains(&all[*index])).filter_map(move |index| all[index])
    }

    /// The tree of processors where that is a tree of its own, as in version 1.
    pub(super) fn processors_alone(&self) -> Option<&Path> {
        let alone = |base: &&Path| ![&self.memory, &self.pids].iter().any(|other| other.as_deref() == Some(*base));
        self.cpu.as_deref().filter(alone)
    }

    /// A worker's group in one of the trees.
    ///
    /// Where processors have a tree of their own, it stands beside ours rather than below: what a greedy worker uses
    /// would count for ours as a whole there, and the others would wait for it.
    pub(super) fn group(&self, base: &Path, id: u64) -> PathBuf {
        match beside(base).filter(|_| self.processors_alone() == Some(base)) {
            Some(name) => base.with_file_name(format!("{name}{id}")),
            None => base.join(id.to_string()),
        }
    }
}

/// What the groups of workers beside ours begin with.
fn beside(base: &Path) -> Option<String> {
    Some(format!("{BESIDE}{}-", base.file_name()?.to_str()?.strip_prefix(NAME)?))
}

/// What our own group is called: by process and the time of its start, as numbers of processes are used again.
pub(super) fn name() -> io::Result<String> {
    let pid = std::process::id().to_string();
    let start = start_of(Path::new("/proc"), &pid).ok_or(io::ErrorKind::NotFound)?;
    Ok(format!("{NAME}{pid}-{start}"))
}

/// Makes our own groups, in version 2 if that has the memory controller here, else in version 1.
///
/// # Errors
/// If neither can be written to; what would change that is said.
pub(super) fn find(mounts: &str, own: &str, name: &str) -> Result<Bases, Lack> {
    find_two(mounts, own, name).or_else(|lack| find_one(mounts, own, name).ok_or(lack))
}

/// Why there are no groups, and the line that brings them.
#[derive(Debug, Default)]
pub(super) struct Lack {
    pub(super) reason: String,
    pub(super) fix: Option<String>,
}

impl Lack {
    fn new(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { reason: reason.into(), fix: Some(fix.into()) }
    }
}

impl From<io::Error> for Lack {
    fn from(error: io::Error) -> Self {
        Self { reason: error.to_string(), fix: None }
    }
}

/// A group of ours in the nearest group above this process that hands the memory controller on, or can be made to by
/// the ordinary user whom it belongs to. The process's own group can be none of them, as groups with processes hand
/// nothing on, and nobody is to be moved. What belongs to root is left as it is.
fn find_two(mounts: &str, own: &str, name: &str) -> Result<Bases, Lack> {
    let nowhere = || Lack::new("no control groups are mounted", "sudo mount -t cgroup2 none /sys/fs/cgroup");
    let (mount, folder) = mounted(mounts, own, None).ok_or_else(nowhere)?;
    let above = folder.ancestors().take_while(|path| path.starts_with(&mount)).filter(|path| path.is_dir());
    let usable =
        above.filter(|parent| hands_on(parent) || (*parent != folder && belongs_to_user(parent) && offers(parent)));
    usable.into_iter().find_map(|parent| make_in(parent, name)).ok_or_else(|| remedy(&mount, &folder))
}

/// Our own group below another one, with the controllers that can be had.
fn make_in(parent: &Path, name: &str) -> Option<Bases> {
    let enable = |group: &Path, controller: &str| {
        fs::write(group.join("cgroup.subtree_control"), format!("+{controller}")).is_ok()
    };
    let both = |base: &Path, controller: &str| {
        if belongs_to_user(parent) {
            enable(parent, controller);
        }
        enable(base, controller)
    };
    sweep(parent);
    let base = parent.join(name);
    fs::create_dir(&base).ok()?;
    if !both(&base, "memory") {
        remove(&base);
        return None;
    }
    let other = |controller| both(&base, controller).then(|| base.clone());
    let (pids, cpu) = (other("pids"), other("cpu"));
    Some(Bases { version: Version::Two, memory: Some(base), pids, cpu })
}

/// What a person can do where no group is to be had: hand the controllers on, or come from a group of one's own.
fn remedy(mount: &Path, own: &Path) -> Lack {
    let hand_on = |group: &Path| format!("echo '+memory +pids +cpu' > {}/cgroup.subtree_control", group.display());
    if !offers(mount) {
        return Lack::new("the kernel has no memory controller in version 2", "boot it with cgroup_enable=memory");
    }
    if own != mount && belongs_to_user(own) && offers(own) {
        let inner = own.join("main");
        let inner = inner.display();
        let fix = format!("mkdir {inner} && echo $$ > {inner}/cgroup.procs && {}", hand_on(own));
        return Lack::new("the group that is ours has processes in it", fix);
    }
    match own.ancestors().take_while(|group| group.starts_with(mount)).find(|group| hands_on(group)) {
        Some(above) => Lack::new(
            format!("{} belongs to somebody else", above.display()),
            "systemd-run --user --scope outboard …, which gives a group of one's own",
        ),
        None => Lack::new("no group hands the memory controller on", format!("as root: {}", hand_on(mount))),
    }
}

const MEMORY: &str = "memory";

/// Whether groups below this one get the memory controller.
fn hands_on(group: &Path) -> bool {
    lists(&group.join("cgroup.subtree_control"), MEMORY)
}

/// Whether a group has the memory controller itself.
fn offers(group: &Path) -> bool {
    lists(&group.join("cgroup.controllers"), MEMORY)
}

/// Whether a group was handed over to an ordinary user, and we are that user.
fn belongs_to_user(group: &Path) -> bool {
    let (user, _) = process::ids();
    user != 0 && fs::metadata(group.join("cgroup.subtree_control")).is_ok_and(|data| data.uid() == user)
}

fn lists(file: &Path, word: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.split_whitespace().any(|one| one == word))
}

fn find_one(mounts: &str, own: &str, name: &str) -> Option<Bases> {
    let base = |controller: &str| {
        let (mount, folder) = mounted(mounts, own, Some(controller))?;
        let parent = if folder.is_dir() { folder } else { mount };
        sweep(&parent);
        let base = parent.join(name);
        fs::create_dir_all(&base).ok().map(|()| base)
    };
    let bases = Bases { version: Version::One, memory: base("memory"), pids: base("pids"), cpu: base("cpu") };
    (bases.all().count() > 0).then_some(bases)
}

/// Where a controller's tree is mounted, and this process's group in it; without a controller, that of version 2.
fn mounted(mounts: &str, own: &str, controller: Option<&str>) -> Option<(PathBuf, PathBuf)> {
    let lists = |list: &str| controller.is_some_and(|wanted| list.split(',').any(|one| one == wanted));
    let (root, mount) = mounts.lines().find_map(|line| {
        let (place, system) = line.split_once(" - ")?;
        let mut system = system.split(' ');
        let (kind, options) = (system.next()?, system.nth(1)?);
        let right = if controller.is_none() { kind == "cgroup2" } else { kind == "cgroup" && lists(options) };
        let mut place = place.split(' ').skip(3);
        right.then_some((place.next()?, place.next()?))
    })?;
    let group = own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (list, path) = (parts.next()?, parts.next()?);
        (if controller.is_none() { list.is_empty() } else { lists(list) }).then_some(path)
    })?;
    // In a container the mount may show a part of the tree only.
    let relative = Path::new(group).strip_prefix(root).unwrap_or(Path::new(""));
    let relative = relative.strip_prefix("/").unwrap_or(relative);
    Some((mount.into(), Path::new(mount).join(relative)))
}

/// Removes groups whose spawner is gone. Those with a process in them stay: the kernel refuses.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(NAME).or_else(|| name.strip_prefix(BESIDE)).and_then(|rest| rest.split_once('-'));
        if let Some((pid, rest)) = owner.filter(|(pid, _)| pid.parse::<u32>().is_ok())
            && start_of(Path::new("/proc"), pid).as_deref() != rest.split('-').next()
        {
            remove(&entry.path());
        }
    }
}

/// Removes a group, those in it and those of its workers beside it, as far as no process is there.
pub(super) fn remove(base: &Path) {
    if let (Some(beside), Some(parent)) = (beside(base), base.parent()) {
        let entries = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
        let own = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&beside));
        own.for_each(|entry| drop(fs::remove_dir(entry.path())));
    }
    for entry in fs::read_dir(base).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
    let _ = fs::remove_dir(base);
}

/// When a process started, in the kernel's ticks.
fn start_of(proc: &Path, pid: &str) -> Option<String> {
    const AFTER_NAME: usize = 19;
    let stat = fs::read_to_string(proc.join(pid).join("stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().nth(AFTER_NAME)?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, root: &str, at: &Path, options: &str) -> String {
        format!("30 20 0:26 {root} {} rw,nosuid shared:9 - {kind} name {options}\n", at.display())
    }

    #[test]
    fn version_two_uses_the_nearest_group_that_hands_memory_on() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("user.slice/app.slice/run.scope");
        fs::create_dir_all(&own).unwrap();
        fs::write(root.path().join("cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        fs::write(root.path().join("user.slice/app.slice/cgroup.subtree_control"), "memory pids\n").unwrap();
        fs::write(own.join("cgroup.subtree_control"), "").unwrap();
        let mounts = line("cgroup2", "/", root.path(), "rw");
        let found = find(&mounts, "0::/user.slice/app.slice/run.scope\n", "outboard-1-2").unwrap();
        let base = root.path().join("user.slice/app.slice/outboard-1-2");
        assert_eq!((found.version, found.memory.as_ref()), (Version::Two, Some(&base)));
        assert_eq!(found.all().count(), 1, "one tree for all controllers");
    }

    #[test]
    fn where_there_is_no_group_the_line_that_brings_one_is_said() {
        let root = tempfile::tempdir().unwrap();
        let (at, mounts) = (root.path(), line("cgroup2", "/", root.path(), "rw"));
        let said = |mounts: &str, own: &str| find(mounts, own, "outboard-1-2").unwrap_err().fix.unwrap();
        assert!(said("", "0::/\n").contains("mount -t cgroup2"));
        assert!(said(&mounts, "0::/\n").contains("cgroup_enable=memory"));
        fs::write(at.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
        let hand_on = format!("'+memory +pids +cpu' > {}/cgroup.subtree_control", at.display());
        assert!(said(&mounts, "0::/\n").contains(&hand_on), "{}", said(&mounts, "0::/\n"));
        // A group that we cannot make, as it is somebody else's: here, one that has the place of a file.
        fs::create_dir(at.join("session")).unwrap();
        fs::write(at.join("cgroup.subtree_control"), "memory\n").unwrap();
        fs::write(at.join("outboard-1-2"), "").unwrap();
        assert!(said(&mounts, "0::/session\n").contains("systemd-run --user --scope"));
    }

    #[test]
    fn a_group_handed_to_a_user_is_made_to_hand_on_and_one_of_root_is_not() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        let files = ["a/cgroup.controllers", "a/b/cgroup.controllers", "cgroup.controllers"];
        files.iter().for_each(|file| fs::write(root.path().join(file), "memory").unwrap());
        fs::write(root.path().join("a/cgroup.subtree_control"), "").unwrap();
        let found = find(&line("cgroup2", "/", root.path(), "rw"), "0::/a/b\n", "outboard-1-2");
        let switched = fs::read_to_string(root.path().join("a/cgroup.subtree_control")).unwrap();
        let is_user = process::ids().0 != 0;
        assert_eq!((found.is_ok(), switched.contains("+")), (is_user, is_user), "{found:?} {switched}");
    }

    #[test]
    fn version_two_without_the_memory_controller_gives_way_to_version_one() {
        let (two, one) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(two.path().join("cgroup.subtree_control"), "hugetlb\n").unwrap();
        fs::create_dir_all(one.path().join("run/x")).unwrap();
        let mut mounts = line("cgroup2", "/", two.path(), "rw");
        assert!(find(&mounts, "0::/\n", "outboard-1-2").is_err());
        mounts += &line("cgroup", "/", one.path(), "rw,memory");
        let found = find(&mounts, "4:memory:/run/x\n0::/\n", "outboard-1-2").unwrap();
        assert_eq!(found.memory, Some(one.path().join("run/x/outboard-1-2")));
        assert_eq!((found.pids, found.cpu), (None, None));
    }

    #[test]
    fn a_container_sees_a_part_of_the_tree() {
        let at = Path::new("/sys/fs/cgroup/memory");
        let mounts = line("cgroup", "/docker/7", at, "rw,memory");
        let found = |own| mounted(&mounts, own, Some("memory")).unwrap().1;
        assert_eq!(found("4:memory:/docker/7\n"), at);
        assert_eq!(found("4:memory:/docker/7/a\n"), at.join("a"));
        assert_eq!(found("4:memory:/elsewhere\n"), at);
    }

    #[test]
    fn processors_are_shared_out_beside_our_group_where_they_have_a_tree_of_their_own() {
        let at = |tree: &str| Some(PathBuf::from(tree).join("outboard-1-2"));
        let mut bases = Bases { version: Version::One, memory: at("/m"), pids: at("/p"), cpu: at("/c") };
        assert_eq!(bases.group(Path::new("/c/outboard-1-2"), 7), Path::new("/c/outboard.1-2-7"));
        assert_eq!(bases.group(Path::new("/m/outboard-1-2"), 7), Path::new("/m/outboard-1-2/7"));
        bases.memory = at("/c");
        assert_eq!(bases.group(Path::new("/c/outboard-1-2"), 7), Path::new("/c/outboard-1-2/7"));
    }

    #[test]
    fn groups_of_dead_spawners_are_swept_and_others_stay() {
        let parent = tempfile::tempdir().unwrap();
        let living = name().unwrap();
        let pid = std::process::id();
        let flat = (format!("outboard-{pid}-1-7"), format!("{living}-7"));
        let names =
            ["outboard-4294967295-1".into(), flat.0, format!("outboard-{pid}-1"), living, flat.1, "other".into()];
        names.iter().for_each(|name| fs::create_dir_all(parent.path().join(name).join("3")).unwrap());
        sweep(parent.path());
        let left = names.map(|name| parent.path().join(name).exists());
        assert_eq!(left, [false, false, false, true, true, true]);
    }
}
