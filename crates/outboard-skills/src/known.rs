//! What is known of skills beside their files: what workers found in them, and their tests.

use crate::cases::{self, Case};
use crate::checked::Checked;
use crate::{Library, SkillError, SkillName};
use outboard_types::Digest;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

/// Versions of which what was found is held in memory; from there on it is read anew.
const HELD: usize = 20_000;

impl Library {
    /// Whether a worker read a version, without a look at what it found.
    pub fn is_checked(&self, version: &Digest) -> bool {
        let held = self.checked.lock().unwrap_or_else(PoisonError::into_inner).contains_key(version);
        held || self.finding(version).exists()
    }

    /// What a worker found in a version.
    pub fn checked(&self, version: &Digest) -> Option<Arc<Checked>> {
        let mut known = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(checked) = known.get(version) {
            return Some(checked.clone());
        }
        let text = std::fs::read(self.finding(version)).ok()?;
        let checked: Arc<Checked> = Arc::new(serde_json::from_slice(&text).ok()?);
        hold(&mut known, version, &checked);
        Some(checked)
    }

    fn finding(&self, version: &Digest) -> PathBuf {
        self.history.beside("checked").join(format!("{version}.json"))
    }

    /// Keeps what a worker found in a version.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn keep_checked(&self, version: &Digest, checked: Checked) -> Result<Arc<Checked>, SkillError> {
        let path = self.finding(version);
        let text = serde_json::to_vec(&checked).map_err(|error| SkillError::refused(error.to_string()))?;
        self.disk.replace(&path, &text).map_err(|error| SkillError::disk(&path, &error))?;
        let checked = Arc::new(checked);
        hold(&mut self.checked.lock().unwrap_or_else(PoisonError::into_inner), version, &checked);
        Ok(checked)
    }

    /// The recorded executions that a skill is tested against.
    pub fn cases(&self, name: &SkillName) -> Vec<Case> {
        let text = std::fs::read(self.case_file(name)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn case_file(&self, name: &SkillName) -> PathBuf {
        self.history.beside("cases").join(format!("{name}.json"))
    }

    /// Adds one.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn add_case(&self, name: &SkillName, case: Case) -> Result<(), SkillError> {
        let _lock = self.lock()?;
        let (path, cases) = (self.case_file(name), cases::added(self.cases(name), case));
        let text = serde_json::to_vec(&cases).map_err(|error| SkillError::refused(error.to_string()))?;
        self.disk.replace(&path, &text).map_err(|error| SkillError::disk(&path, &error))
    }
}

fn hold(known: &mut HashMap<Digest, Arc<Checked>>, version: &Digest, checked: &Arc<Checked>) {
    if known.len() >= HELD {
        known.clear();
    }
    known.insert(*version, checked.clone());
}
