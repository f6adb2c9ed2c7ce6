//! Large values, each in a file that is named by its digest.
//!
//! A file is complete and on the disk before the row that names it is committed. What no row names any more
//! is removed by [`retain`](crate::Journal::retain).

use outboard_types::Digest;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Larger values leave their row.
pub(crate) const INLINE: usize = 64 * 1024;

/// A file this young may belong to a row that another process is about to commit.
const GRACE: Duration = Duration::from_secs(3_600);

/// The folder of the files.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    folder: PathBuf,
}

impl Blobs {
    pub(crate) fn beside(database: &Path) -> Self {
        Self { folder: database.with_file_name("blobs") }
    }

    /// Keeps a value; when this returns it is on the disk.
    pub(crate) fn keep(&self, text: &str) -> io::Result<Digest> {
        let digest = Digest::of(text);
        let path = self.path(&digest);
        if let Ok(file) = File::options().append(true).open(&path)
            && file.metadata()?.len() == text.len() as u64
        {
            // Made young again, so that nobody removes it before our row is there.
            file.set_modified(SystemTime::now())?;
            return Ok(digest);
        }
        self.write(&path, text)?;
        Ok(digest)
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!("unfinished-{}-{number}", std::process::id()));
        let result = private(&unfinished).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        if let Err(error) = result.and_then(|()| fs::rename(&unfinished, path)) {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        File::open(folder)?.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }

    /// The value of a digest, checked against it.
    pub(crate) fn load(&self, digest: &Digest) -> io::Result<String> {
        let mut text = String::new();
        File::open(self.path(digest))?.read_to_string(&mut text)?;
        if Digest::of(&text) == *digest {
            Ok(text)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "its content is not what its name says"))
        }
    }

    /// The sub-folders that hold files.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        entries(&self.folder).into_iter().filter(|path| path.is_dir()).collect()
    }

    /// Removes the files of a sub-folder that are old and that nobody wants; gives how many, and their bytes.
    pub(crate) fn sweep<E>(folder: &Path, mut wanted: impl FnMut(&str) -> Result<bool, E>) -> Result<(u64, u64), E> {
        let (mut files, mut bytes) = (0, 0);
        for path in entries(folder).into_iter().filter(|path| is_old(path)) {
            let part = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = part(folder) + &part(&path);
            let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            if !wanted(&name)? && fs::remove_file(&path).is_ok() {
                (files, bytes) = (files + 1, bytes + size);
            }
        }
        Ok((files, bytes))
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.folder.join(&name[..2]).join(&name[2..])
    }
}

/// A new file that only its owner reads.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn is_old(path: &Path) -> bool {
    let age = fs::metadata(path).and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age > GRACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_and_a_changed_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::beside(&folder.path().join("journal.db"));
        let digest = blobs.keep("large").unwrap();
        assert_eq!(blobs.keep("large").unwrap(), digest);
        assert_eq!(blobs.load(&digest).unwrap(), "large");
        fs::write(blobs.path(&digest), "other").unwrap();
        assert!(blobs.load(&digest).is_err());
        fs::write(blobs.path(&digest), "cut").unwrap();
        blobs.keep("large").unwrap();
        assert_eq!(blobs.load(&digest).unwrap(), "large", "a file cut short is written again");
    }

    #[test]
    fn only_old_and_unwanted_files_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::beside(&folder.path().join("journal.db"));
        let digests = ["a", "b", "c"].map(|text| blobs.keep(text).unwrap());
        for digest in &digests[..2] {
            let file = File::options().append(true).open(blobs.path(digest)).unwrap();
            file.set_modified(SystemTime::now() - 2 * GRACE).unwrap();
        }
        let wanted = digests[0].to_string();
        let mut removed = 0;
        for folder in blobs.folders() {
            removed += Blobs::sweep::<()>(&folder, |name| Ok(name == wanted)).unwrap().0;
        }
        assert_eq!(removed, 1);
        assert!(blobs.load(&digests[0]).is_ok() && blobs.load(&digests[1]).is_err() && blobs.load(&digests[2]).is_ok());
    }
}
