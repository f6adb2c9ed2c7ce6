//! What the examples that measure have in common: where the built programs are, tables, processor time.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Why an example ended early.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// A program of this build, which lies beside the folder of examples.
pub(crate) fn built(name: &str, package: &str) -> Result<PathBuf, Failed> {
    let own = std::env::current_exe()?;
    let found = own.ancestors().nth(2).map(|folder| folder.join(name)).filter(|path| path.is_file());
    found.ok_or_else(|| format!("{name} is not built: cargo build --release --package {package} --bins").into())
}

/// The word at this place of the command line as a number, or what is usual.
pub(crate) fn number(place: usize, usual: usize) -> usize {
    std::env::args().nth(place).and_then(|word| word.parse().ok()).unwrap_or(usual)
}

/// Processor time of this process and of all that it started, living or reaped, in ticks of 10 ms.
pub(crate) fn used() -> u64 {
    const FIRST_AFTER_NAME: usize = 11;
    let (mut total, mut todo) = (0, vec![std::process::id()]);
    while let Some(pid) = todo.pop() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let numbers = after.split_whitespace().skip(FIRST_AFTER_NAME).take(4);
        total += numbers.filter_map(|number| number.parse::<u64>().ok()).sum::<u64>();
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for thread in threads {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            todo.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    total
}

/// The time that this share of all is not above; nothing if there are none.
pub(crate) fn percentile(times: &[Duration], share: f64) -> Option<Duration> {
    let mut times = times.to_vec();
    times.sort();
    times.get((times.len().saturating_sub(1) as f64 * share) as usize).copied()
}

/// Prints a line of figures, and gives median and 99th percentile in milliseconds.
pub(crate) fn table(name: &str, times: Vec<Duration>) -> (f64, f64) {
    let at = |share: f64| percentile(&times, share).unwrap_or_default();
    let (min, p50, p99) = (at(0.0), at(0.5), at(0.99));
    report(&format!("{name:<46} min {min:>9.1?}  p50 {p50:>9.1?}  p99 {p99:>9.1?}  n {}", times.len()));
    (p50.as_secs_f64() * 1e3, p99.as_secs_f64() * 1e3)
}

/// Prints one line.
#[expect(clippy::print_stdout, reason = "the output of an example")]
pub(crate) fn report(line: &str) {
    println!("{line}");
}
