//! Where in a jail a folder of the host may be shown.

/// Most letters of a target, and most names in it.
const MOST_LETTERS: usize = 255;
const MOST_NAMES: usize = 8;

/// First names of the jail's root that grants cannot use.
const TAKEN: [&str; 16] = [
    "bin",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "outboard",
    "proc",
    "python",
    "sbin",
    "servers",
    "skills",
    "tmp",
    "usr",
    "workspace",
];

/// Checks an absolute path of the jail.
pub(super) fn check(target: &str) -> Result<(), String> {
    let names: Vec<&str> = target.strip_prefix('/').unwrap_or_default().split('/').collect();
    let plain =
        |name: &&str| !name.is_empty() && !matches!(*name, "." | "..") && !name.contains(|c: char| c.is_control());
    if !names.iter().all(plain) || names.len() > MOST_NAMES || target.len() > MOST_LETTERS {
        return Err(format!(
            "the target must be an absolute path without `.` and `..`, such as /data/in, of at most {MOST_NAMES} names"
        ));
    }
    match TAKEN.iter().find(|taken| *taken == &names[0]) {
        Some(taken) => Err(format!("/{taken} of the jail is taken; choose another target, such as /data")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_absolute_plain_and_free() {
        for target in [
            "",
            "/",
            "data",
            "/a//b",
            "/a/../b",
            "/./a",
            "/a\0b",
            "/tmp/x",
            "/servers",
            "/workspace/x",
            "/usr/x",
            "/a/b/c/d/e/f/g/h/i",
        ] {
            assert!(check(target).is_err(), "{target:?}");
        }
        assert!(check("/data").is_ok() && check("/data/in").is_ok());
    }
}
