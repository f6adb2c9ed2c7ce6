//! What is chosen, and what a key means.

use super::snapshot::Snapshot;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What is shown, and where the person is.
pub(super) struct Board {
    pub(super) snapshot: Snapshot,
    /// The chosen question; another place in the list, or the same one, when the list changes.
    pub(super) chosen: usize,
    /// What came of the last answer.
    pub(super) told: String,
}

/// What a key asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Wish {
    Nothing,
    Leave,
    Answer { id: String, approve: bool },
}

impl Board {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, chosen: 0, told: String::new() }
    }

    /// What there is now. The chosen question stays chosen: a key that is pressed meanwhile must not answer another.
    pub(super) fn sees(&mut self, snapshot: Snapshot) {
        let id = self.snapshot.questions.get(self.chosen).map(|question| question.record.id.clone());
        self.snapshot = snapshot;
        let ids = || self.snapshot.questions.iter().map(|question| &question.record.id);
        self.chosen = match id.map(|id| ids().position(|other| *other == id)) {
            Some(Some(at)) => at,
            // It is gone: nothing is chosen until somebody chooses again.
            Some(None) => usize::MAX,
            None if self.chosen == usize::MAX => usize::MAX,
            None => 0,
        };
    }

    pub(super) fn press(&mut self, event: &Event) -> Wish {
        let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else {
            return Wish::Nothing;
        };
        let last = self.snapshot.questions.len().saturating_sub(1);
        match code {
            KeyCode::Char('q') | KeyCode::Esc => return Wish::Leave,
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => return Wish::Leave,
            KeyCode::Char('a') => return self.answer(true),
            KeyCode::Char('d') => return self.answer(false),
            KeyCode::Down => self.chosen = if self.chosen > last { 0 } else { (self.chosen + 1).min(last) },
            KeyCode::Up => self.chosen = if self.chosen > last { last } else { self.chosen.saturating_sub(1) },
            _ => {}
        }
        Wish::Nothing
    }

    fn answer(&mut self, approve: bool) -> Wish {
        match self.snapshot.questions.get(self.chosen) {
            Some(question) => Wish::Answer { id: question.record.id.clone(), approve },
            None => {
                let waits = !self.snapshot.questions.is_empty();
                self.told = if waits { "choose a question with the arrow keys" } else { "nobody is asked" }.to_owned();
                Wish::Nothing
            }
        }
    }
}
