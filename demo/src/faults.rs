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
    pub(crate) latency: Duration,
    every: Option<(u64, Fault)>,
    calls: u64,
}

impl Faults {
    /// Reads the two variables; the error says what they look like.
    pub(crate) fn from_environment() -> Result<Self, String> {
        let latency = setting("OUTBOARD_DEMO_LATENCY", "20ms or 2s", millis)?.unwrap_or_default();
        let every = setting("OUTBOARD_DEMO_FAULT", "every:7=error, =crash or =hang", fault)?;
        Ok(Self { latency, every, calls: 0 })
    }

    /// Counts a call, and says whether it is to fail.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        self.calls += 1;
        self.every.filter(|(every, _)| self.calls.is_multiple_of(*every)).map(|(_, fault)| fault)
    }
}

/// A test whose fault is misspelt must not pass for want of it, so unknown words are errors.
fn setting<T>(name: &str, form: &str, read: fn(&str) -> Option<T>) -> Result<Option<T>, String> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => {
            read(&text).map(Some).ok_or_else(|| format!("{name}={text} is not understood; it is written {form}"))
        }
        _ => Ok(None),
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
    fn settings_are_understood_or_refused() {
        assert_eq!(millis("20ms"), Some(Duration::from_millis(20)));
        assert_eq!(fault("every:7=error"), Some((7, Fault::Error)));
        assert_eq!((millis("x"), fault("every:0=crash")), (None, None));
    }

    #[test]
    fn each_nth_call_fails() {
        let mut faults = Faults { latency: Duration::ZERO, every: fault("every:3=hang"), calls: 0 };
        let seen: Vec<_> = (0..7).map(|_| faults.next().is_some()).collect();
        assert_eq!(seen, [false, false, true, false, false, true, false]);
    }
}
