//! Latency and faults on purpose, set by environment variables.

use std::time::Duration;

/// What happens to a call instead of an answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Fault {
    Error,
    Crash,
    Hang,
}

/// The settings, and the calls so far.
pub(crate) struct Faults {
    latency: Duration,
    every: Option<(u64, Fault)>,
    calls: u64,
}

impl Faults {
    pub(crate) fn from_environment() -> Self {
        let latency = std::env::var("OUTBOARD_DEMO_LATENCY").ok().and_then(|text| millis(&text)).unwrap_or_default();
        let every = std::env::var("OUTBOARD_DEMO_FAULT").ok().and_then(|text| fault(&text));
        Self { latency, every, calls: 0 }
    }

    /// Waits, and says whether this call is to fail.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        std::thread::sleep(self.latency);
        self.calls += 1;
        self.every.filter(|(every, _)| self.calls.is_multiple_of(*every)).map(|(_, fault)| fault)
    }
}

/// `20ms` or `2s`.
fn millis(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

/// `every:7=error`.
fn fault(text: &str) -> Option<(u64, Fault)> {
    let (every, kind) = text.strip_prefix("every:")?.split_once('=')?;
    let fault = match kind {
        "error" => Fault::Error,
        "crash" => Fault::Crash,
        "hang" => Fault::Hang,
        _ => return None,
    };
    every.parse().ok().filter(|every| *every > 0).map(|every| (every, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_understood_or_ignored() {
        assert_eq!(millis("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(fault("every:7=error"), Some((7, Fault::Error)));
        assert_eq!((millis("x"), fault("every:0=crash")), (None, None));
    }
}
