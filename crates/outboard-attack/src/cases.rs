//! Many small programs in one file, apart by lines such as `# case: name`.

/// One program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// What it is called in reports.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) code: &'static str,
}

/// Cuts a file at the lines that begin with `mark`.
pub(crate) fn cut(file: &'static str, mark: &str) -> Vec<Case> {
    let mut starts: Vec<usize> = file.match_indices(mark).map(|(at, _)| at).collect();
    starts.retain(|&at| at == 0 || file.as_bytes()[at - 1] == b'\n');
    let ends = starts.iter().skip(1).copied().chain([file.len()]);
    let case = |(start, end): (&usize, usize)| {
        let (name, code) = file[start + mark.len()..end].split_once('\n').unwrap_or_default();
        Case { name: name.trim(), code }
    };
    starts.iter().zip(ends).map(case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_at_its_marks_only() {
        let cases = cut("intro\n# case: one\na # case: no\n# case: two\nb\n", "# case: ");
        let seen: Vec<_> = cases.iter().map(|case| (case.name, case.code)).collect();
        assert_eq!(seen, [("one", "a # case: no\n"), ("two", "b\n")]);
    }
}
