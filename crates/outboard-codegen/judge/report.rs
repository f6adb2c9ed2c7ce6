//! How far checkers and schemas agree.

use super::cases::{Case, Verdict};
use super::checkers::Said;
use super::sheets::Sheet;
use super::{Side, checkers, sheets};
use outboard_codegen::CodeApi;
use std::fmt;
use std::path::Path;

/// The figures of one language.
#[derive(Default)]
pub(crate) struct Report {
    /// Modules, and errors in them.
    pub(crate) modules: usize,
    pub(crate) errors: Vec<String>,
    /// Valid values, and how many were taken.
    pub(crate) valid: usize,
    pub(crate) taken: usize,
    /// Values that types can tell are invalid, and how many were refused.
    pub(crate) invalid: usize,
    pub(crate) refused: usize,
    /// Values that only validation can refuse, and how many were taken.
    pub(crate) unsaid: usize,
    pub(crate) unsaid_taken: usize,
    /// One line each.
    pub(crate) disagreements: Vec<String>,
}

impl Report {
    /// Of the values that types can judge, the part that was judged right, in percent.
    pub(crate) fn agreement(&self) -> f64 {
        100.0 * (self.taken + self.refused) as f64 / (self.valid + self.invalid).max(1) as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} modules, {} errors; valid {} of {} taken; invalid {} of {} refused; agreement {:.2} %; apart: {} of {} \
             that break only what types cannot say were taken",
            self.modules,
            self.errors.len(),
            self.taken,
            self.valid,
            self.refused,
            self.invalid,
            self.agreement(),
            self.unsaid_taken,
            self.unsaid
        )
    }
}

/// Writes modules and cases to a folder and lets the checker of one language read them.
pub(crate) fn judged(api: &CodeApi, cases: &[Case<'_>], side: Side, tools: &Path, folder: &Path) -> Report {
    for (name, text) in &api.files {
        write(&folder.join("servers").join(name), text);
    }
    let sheets = sheets::of(cases, side);
    sheets.iter().for_each(|sheet| write(&folder.join(&sheet.name), &sheet.text()));
    let said = checkers::check(side, tools, folder);
    let ending = if side == Side::TypeScript { ".ts" } else { ".py" };
    let mut report =
        Report { modules: api.files.keys().filter(|name| name.ends_with(ending)).count(), ..Report::default() };
    report.errors.extend(said.texts.iter().filter(|text| !text.starts_with("cases")).cloned());
    sheets.iter().for_each(|sheet| compare(sheet, &said, cases, side, &mut report));
    report
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn compare(sheet: &Sheet, said: &Said, cases: &[Case<'_>], side: Side, report: &mut Report) {
    let none = Default::default();
    let errors = said.errors.get(&sheet.name).unwrap_or(&none);
    // An error elsewhere would hide what is asked.
    report.errors.extend(
        errors.iter().filter(|line| !sheet.cases.contains_key(line)).map(|line| format!("{}:{line}", sheet.name)),
    );
    for (line, number) in &sheet.cases {
        let (case, refused) = (&cases[*number], errors.contains(line));
        let verdict = case.verdict[usize::from(side == Side::Python)];
        let (count, right) = match verdict {
            Verdict::Valid => (&mut report.valid, &mut report.taken),
            Verdict::Invalid => (&mut report.invalid, &mut report.refused),
            Verdict::Unsaid => (&mut report.unsaid, &mut report.unsaid_taken),
        };
        *count += 1;
        if refused == (verdict == Verdict::Invalid) {
            *right += 1;
        } else {
            let what = if case.output { "result" } else { "arguments" };
            report
                .disagreements
                .push(format!("{}:{line} {} {what} {verdict:?}: {}", sheet.name, case.tool.id, case.value));
        }
    }
}
