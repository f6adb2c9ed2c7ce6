//! The commands `date` and `sleep`, whose time is the host's: recorded, so that a program that runs again sees the same.
//!
//! What the machine's own commands do better is left to them: other dates than now, and wrong words.
#![allow(clippy::print_stderr, reason = "a command's messages go to standard error")]

use crate::command::exchanged;
use crate::own;
use outboard_worker_protocol::FromWorker;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Set where the host gives the time.
pub(crate) const HOSTED: &str = "OUTBOARD_CLOCK";

/// Runs `date`; gives its exit status.
pub(crate) fn date(words: &[String]) -> i32 {
    if !is_hosted() || words.iter().any(|word| is_other_date(word)) {
        return machine("date", words);
    }
    match own::now() {
        Ok(ms) => {
            let now = ["-d".to_owned(), format!("@{}.{:03}", ms / 1_000, ms % 1_000)];
            machine("date", &[&now, words].concat())
        }
        Err(status) => status,
    }
}

/// Runs `sleep`; gives its exit status.
pub(crate) fn sleep(words: &[String]) -> i32 {
    match milliseconds(words) {
        Some(ms) if is_hosted() => {
            exchanged("sleep", &FromWorker::Timer { id: 0, ms }).map_or_else(|status| status, |_| 0)
        }
        _ => machine("sleep", words),
    }
}

fn is_hosted() -> bool {
    std::env::var_os(HOSTED).is_some()
}

/// Becomes the machine's own command.
fn machine(name: &str, words: &[String]) -> i32 {
    let error = Command::new(format!("/usr/bin/{name}")).args(words).exec();
    eprintln!("{name}: {error}");
    crate::command::MISSING
}

/// Whether a word asks `date` for something else than now.
fn is_other_date(word: &str) -> bool {
    const LONG: [&str; 7] = ["--d", "--f", "--ref", "--res", "--s", "--h", "--v"];
    match word.strip_prefix('-') {
        None => false,
        Some(rest) if rest.starts_with('-') => LONG.iter().any(|long| word.starts_with(long)),
        // What follows `I` says how precise it is.
        Some(rest) => rest.chars().take_while(|letter| *letter != 'I').any(|letter| "dfrs".contains(letter)),
    }
}

/// The sum of times such as `0.5`, `2m`, `1h`; nothing where a word is none.
fn milliseconds(words: &[String]) -> Option<f64> {
    let one = |word: &String| {
        let (number, seconds) = match word.char_indices().last()? {
            (at, 's') => (&word[..at], 1.0),
            (at, 'm') => (&word[..at], 60.0),
            (at, 'h') => (&word[..at], 3_600.0),
            (at, 'd') => (&word[..at], 86_400.0),
            _ => (word.as_str(), 1.0),
        };
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        number.parse::<f64>().ok().filter(|_| plain).map(|number| number * seconds * 1_000.0)
    };
    let sum: f64 = words.iter().map(one).sum::<Option<f64>>()?;
    (!words.is_empty() && sum.is_finite()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn times_are_summed_and_odd_ones_are_left_to_the_machine() {
        for (text, ms) in
            [("1", 1_000.0), ("0.25", 250.0), ("1m 2s", 62_000.0), ("1h", 3.6e6), ("0", 0.0), (".5", 500.0)]
        {
            assert_eq!(milliseconds(&words(text)), Some(ms), "{text}");
        }
        for text in ["", "infinity", "-1", "x", "1x", "1e3", "--help", "s", "1 2 x"] {
            assert_eq!(milliseconds(&words(text)), None, "{text}");
        }
    }

    #[test]
    fn only_now_is_the_hosts() {
        for text in ["+%s", "-u", "-Iseconds", "--iso-8601=seconds", "-R", "--rfc-3339=ns", "--utc"] {
            assert!(!is_other_date(text), "{text}");
        }
        for text in ["-d", "-d@5", "-ud", "--date=tomorrow", "-r", "--reference=x", "-s", "--set=x", "-f", "--help"] {
            assert!(is_other_date(text), "{text}");
        }
    }
}
