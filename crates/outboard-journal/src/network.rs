//! Tells folders that are on another machine: SQLite's locks and shared memory do not hold there.

use std::path::Path;

/// File systems whose files another machine may change at the same time.
const REMOTE: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "lustre",
    "glusterfs",
    "gpfs",
    "davfs",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.glusterfs",
    "fuse.gcsfuse",
    "fuse.ceph",
    "fuse.juicefs",
    "fuse.davfs2",
    "fuse.mount.davfs",
    "fuse.goofys",
    "fuse.smbnetfs",
    "fuse.curlftpfs",
];

/// The kind of network file system that holds this folder, if one does.
pub(crate) fn kind(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    // Where this cannot be read, nothing is known and nothing is refused.
    remote(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, &folder)
}

fn remote(mounts: &str, folder: &Path) -> Option<String> {
    let here = mounts.lines().filter_map(mount).filter(|(point, _)| folder.starts_with(point));
    // Of mounts on one another the last one is seen.
    let (_, kind) = here.max_by_key(|(point, _)| Path::new(point).components().count())?;
    REMOTE.contains(&kind).then(|| kind.to_owned())
}

/// The mount point and the file system of a line.
fn mount(line: &str) -> Option<(String, &str)> {
    let (before, after) = line.split_once(" - ")?;
    let point = before.split(' ').nth(4)?;
    Some((unescaped(point), after.split(' ').next()?))
}

/// Blanks and the like are written as three octal digits.
fn unescaped(text: &str) -> String {
    ["\\040 ", "\\011\t", "\\012\n", "\\134\\"].iter().fold(text.to_owned(), |text, pair| {
        let (code, character) = pair.split_at(4);
        text.replace(code, character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n\
        30 22 0:50 / /home/a\\040b rw - nfs4 host:/x rw\n\
        31 30 0:51 / /home/a\\040b/local rw - ext4 /dev/sdb1 rw\n\
        32 22 0:52 / /mnt rw - ext4 /dev/sdc1 rw\n\
        33 32 0:53 / /mnt rw - fuse.sshfs host: rw\n";

    #[test]
    fn the_nearest_mount_decides() {
        let kind = |path| remote(MOUNTS, Path::new(path));
        assert_eq!(kind("/home/a b/x").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/a b/local/x"), None);
        assert_eq!(kind("/home/a bc"), None);
        assert_eq!(kind("/mnt/x").as_deref(), Some("fuse.sshfs"), "the later of two on one place");
        assert_eq!(remote("nonsense\n", Path::new("/")), None);
    }

    #[test]
    fn a_folder_of_this_machine_is_accepted() {
        assert_eq!(kind(Path::new("/proc")), None);
    }
}
