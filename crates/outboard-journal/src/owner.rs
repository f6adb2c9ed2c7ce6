//! Tells which process began an execution, and whether that process lives.
//!
//! A PID alone is used again sooner or later. The start time since boot, the boot and the PID namespace make
//! it unmistakable; the namespace also tells when a PID says nothing here.

use std::fmt;

/// The identity of a process, in a text form that other processes can check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    boot: String,
    namespace: String,
    pid: u32,
    /// Clock ticks between boot and the start of the process.
    started: u64,
}

impl Owner {
    /// This process.
    pub(crate) fn current() -> Self {
        let pid = std::process::id();
        Self { boot: boot(), namespace: namespace(), pid, started: started(pid).unwrap_or(0) }
    }

    /// Whether the process is known to be gone.
    pub(crate) fn is_gone(&self) -> bool {
        if self.boot != boot() {
            return true;
        }
        self.namespace == namespace() && started(self.pid) != Some(self.started)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let [boot, namespace, pid, started] = text.split(' ').collect::<Vec<_>>().try_into().ok()?;
        Some(Self {
            boot: boot.to_owned(),
            namespace: namespace.to_owned(),
            pid: pid.parse().ok()?,
            started: started.parse().ok()?,
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.boot, self.namespace, self.pid, self.started)
    }
}

fn boot() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    word(id.trim())
}

fn namespace() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    word(&link.to_string_lossy())
}

/// One word, so that the parts of the text form stay apart.
fn word(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.replace(' ', "_") }
}

/// When a living process started; a zombie no longer lives.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    match fields.next()? {
        "Z" | "X" => None,
        // The state was field 3, the start time is field 22.
        _ => fields.nth(18)?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_its_text_form_reads_back() {
        let owner = Owner::current();
        assert!(!owner.is_gone());
        assert_eq!(Owner::parse(&owner.to_string()), Some(owner));
        assert_eq!(Owner::parse("nonsense"), None);
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        assert!(Owner { started: 1, ..Owner::current() }.is_gone());
        assert!(Owner { boot: "earlier".into(), ..Owner::current() }.is_gone());
        let elsewhere = Owner { namespace: "pid:[1]".into(), started: 1, ..Owner::current() };
        assert!(!elsewhere.is_gone(), "of another namespace nothing is known");
    }
}
