//! Surfaces of principals: who may see less than the others is not shown it either.

use crate::surface::{Surfaces, Visible};
use outboard_types::Principal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Principals whose Surfaces are kept; the modules of equal ones are written once.
const KEPT: usize = 64;

/// What a principal sees.
pub type Eyes = Box<dyn Fn(&Principal) -> Visible + Send + Sync>;

/// The Surfaces of principals, made when they are first asked for.
pub struct Personal {
    whole: Principal,
    eyes: Eyes,
    known: Mutex<HashMap<Principal, Arc<Surfaces>>>,
}

impl Personal {
    /// All but `whole`, for whom the Surfaces are made anyway, get their own.
    pub fn new(whole: Principal, eyes: Eyes) -> Self {
        Self { whole, eyes, known: Mutex::default() }
    }

    pub(crate) fn of(&self, surfaces: &Surfaces, principal: &Principal) -> Option<Arc<Surfaces>> {
        if *principal == self.whole {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT && !known.contains_key(principal) {
            known.clear();
        }
        let own = known.entry(principal.clone()).or_insert_with(|| surfaces.seen_by((self.eyes)(principal), principal));
        Some(own.clone())
    }

    pub(crate) fn invalidate(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().for_each(|surfaces| surfaces.invalidate());
    }
}
