//! A report as a model may read it.

use crate::report::{Failure, Report};
use outboard_border::{Border, Notes, Place};

impl Report {
    /// Puts tokens in place of everything private that a model would read. Called once, before anybody sees it.
    pub(crate) fn protect(&mut self, border: &Border, place: &Place) {
        let mut notes = std::mem::take(&mut self.privacy);
        self.result = self.result.take().map(|result| border.json(place, &result, None, "result", &mut notes));
        if !self.stdout.is_empty() {
            self.stdout = border.text(place, &self.stdout, "stdout", &mut notes);
        }
        if let Some(error) = &mut self.error {
            failure(error, border, place, &mut notes);
        }
        for call in &mut self.calls {
            call.last_error = call.last_error.take().map(|text| border.text(place, &text, "calls", &mut notes));
        }
        self.privacy = notes;
    }
}

fn failure(error: &mut Failure, border: &Border, place: &Place, notes: &mut Notes) {
    error.message = border.text(place, &error.message, "error", notes);
    let optional = [&mut error.excerpt, &mut error.hint];
    for text in optional.into_iter().flatten() {
        *text = border.text(place, text, "error", notes);
    }
    for frame in &mut error.stack {
        *frame = border.text(place, frame, "error", notes);
    }
}
