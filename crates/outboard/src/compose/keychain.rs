//! The key in the desktop's keychain, through the program that the system has for it: `secret-tool` for the Secret
//! Service of Linux desktops, `security` on macOS. No library: what asks the keychain is then what people can run
//! themselves, and what the keychain asks a person to allow.
//!
//! Never here: the key in an argument, where other users could read it.

use outboard_types::Redacted;
use outboard_vault::fresh_key;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// How the key is asked for and put there.
struct Tool {
    program: &'static str,
    lookup: &'static [&'static str],
    store: &'static [&'static str],
    /// What `store` reads, around the key.
    around: (&'static str, &'static str),
    /// The exit code of a lookup that finds nothing.
    nothing: i32,
    /// What to do where it is missing.
    advice: &'static str,
}

const SECRET_SERVICE: Tool = Tool {
    program: "secret-tool",
    lookup: &["lookup", "service", "outboard", "account", "vault"],
    store: &["store", "--label=Outboard's key to private values", "service", "outboard", "account", "vault"],
    around: ("", ""),
    nothing: 1,
    advice: "install it (apt install libsecret-tools) and unlock the keyring, or use privacy.key_file",
};

const MACOS: Tool = Tool {
    program: "security",
    lookup: &["find-generic-password", "-s", "outboard", "-a", "vault", "-w"],
    store: &["-i"],
    around: ("add-generic-password -s outboard -a vault -w ", "\n"),
    nothing: 44,
    advice: "unlock the keychain, or use privacy.key_file",
};

/// The key, made at first use unless `vault` is there already: that one needs the key that it was made with.
pub(super) fn key(folder: &Path, vault: &Path) -> Result<Redacted<String>, String> {
    let tool = if cfg!(target_os = "macos") { MACOS } else { SECRET_SERVICE };
    if let Some(key) = tool.find()? {
        return Ok(key);
    }
    if vault.exists() {
        let vault = vault.display();
        return Err(format!(
            "privacy.key = \"keychain\": the keychain holds no key of Outboard's, and {vault} is sealed with one; \
             put it back, or move the vault away to begin a new one"
        ));
    }
    tool.make(folder)
}

impl Tool {
    fn find(&self) -> Result<Option<Redacted<String>>, String> {
        let output = self.run(self.lookup, "")?;
        let text = Redacted::new(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        match output.status.success() {
            true if text.expose().is_empty() => Ok(None),
            true => Ok(Some(text)),
            false if output.status.code() == Some(self.nothing) && self.is_silent(&output) => Ok(None),
            false => Err(self.failed(&output)),
        }
    }

    /// Nothing found is told by the exit code alone, or by a code that means nothing else.
    fn is_silent(&self, output: &Output) -> bool {
        self.nothing != 1 || output.stderr.iter().all(u8::is_ascii_whitespace)
    }

    /// Of several processes that make a key at once, one does; the others find it.
    fn make(&self, folder: &Path) -> Result<Redacted<String>, String> {
        let told = |error: std::io::Error| format!("privacy.key = \"keychain\": {}: {error}", folder.display());
        std::fs::create_dir_all(folder).map_err(told)?;
        let lock = File::create(folder.join("keychain.lock")).map_err(told)?;
        lock.lock().map_err(told)?;
        if let Some(key) = self.find()? {
            return Ok(key);
        }
        let key = fresh_key().map_err(told)?;
        let (before, after) = self.around;
        let output = self.run(self.store, &format!("{before}{}{after}", key.expose()))?;
        if !output.status.success() {
            return Err(self.failed(&output));
        }
        match self.find()? {
            Some(kept) if kept.expose() == key.expose() => Ok(kept),
            _ => Err(format!("privacy.key = \"keychain\": {} took a key and does not give it back", self.program)),
        }
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<Output, String> {
        let told =
            |error: std::io::Error| format!("privacy.key = \"keychain\": {}: {error}; {}", self.program, self.advice);
        let mut command = Command::new(self.program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(told)?;
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().map_err(told)?;
        // One that ended without reading says why.
        if output.status.success() { written.map(|()| output).map_err(told) } else { Ok(output) }
    }

    fn failed(&self, output: &Output) -> String {
        let (program, status, advice) = (self.program, output.status, self.advice);
        let words = String::from_utf8_lossy(&output.stderr);
        let words = words.trim().chars().filter(|c| !c.is_control()).take(300).collect::<String>();
        format!("privacy.key = \"keychain\": {program} ended with {status}: {words}; {advice}")
    }
}
