//! A file that does not grow without end: beyond a size it is renamed, and a new one begun.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(super) struct Rotating {
    path: PathBuf,
    limit: u64,
    keep: usize,
    open: Mutex<Open>,
}

struct Open {
    file: File,
    size: u64,
}

impl Rotating {
    /// Goes on with the file that is there.
    pub(super) fn open(path: &Path, limit: u64, keep: usize) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Self { path: path.to_owned(), limit: limit.max(1), keep, open: Mutex::new(append(path)?) })
    }

    /// Writes one whole line.
    pub(super) fn write(&self, line: &[u8]) -> io::Result<usize> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.size > 0 && open.size + line.len() as u64 > self.limit {
            self.turn();
            *open = append(&self.path)?;
        }
        open.file.write_all(line)?;
        open.size += line.len() as u64;
        Ok(line.len())
    }

    /// `log` becomes `log.1`, `log.1` becomes `log.2`, the last goes. Another process that does the same at the
    /// same time costs old lines at most, so failures are no reason to stop logging.
    fn turn(&self) {
        let name = |number: usize| PathBuf::from(format!("{}.{number}", self.path.display()));
        if self.keep == 0 {
            let _ = std::fs::remove_file(&self.path);
            return;
        }
        for number in (1..self.keep).rev() {
            let _ = std::fs::rename(name(number), name(number + 1));
        }
        let _ = std::fs::rename(&self.path, name(1));
    }
}

fn append(path: &Path) -> io::Result<Open> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    // Names of servers and rules are nobody else's business.
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let size = file.metadata()?.len();
    Ok(Open { file, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_turns_at_its_size_and_keeps_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/outboard.log");
        let file = Rotating::open(&path, 10, 2).unwrap();
        for line in ["one--\n", "two--\n", "three\n", "four-\n"] {
            file.write(line.as_bytes()).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join("logs").join(name)).unwrap();
        assert_eq!(read("outboard.log"), "four-\n");
        assert_eq!((read("outboard.log.1").as_str(), read("outboard.log.2").as_str()), ("three\n", "two--\n"));
        assert_eq!(std::fs::read_dir(folder.path().join("logs")).unwrap().count(), 3);
        let again = Rotating::open(&path, 10, 2).unwrap();
        again.write(b"five-\n").unwrap();
        assert_eq!(read("outboard.log.1"), "four-\n", "a file of an earlier process counts too");
    }
}
