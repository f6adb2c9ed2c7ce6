//! Near misses: edit distance between short words.

/// The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, if
/// that is at most `max`.
pub(crate) fn distance(a: &[char], b: &[char], max: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > max {
        return None;
    }
    // Three rows of the table that take turns: the last but one, the last, and the one that is filled.
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row: Vec<usize> = Vec::with_capacity(b.len() + 1);
    for i in 0..a.len() {
        row.clear();
        row.push(i + 1);
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        if row.iter().all(|&cost| cost > max) {
            return None;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last.last().copied().filter(|&cost| cost <= max)
}

/// How many edits a word of this many characters may be away: none for short ones.
pub(crate) fn tolerance(characters: usize) -> usize {
    match characters {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        let d = |a: &str, b: &str, max| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>(), max);
        assert_eq!(d("weather", "weather", 2), Some(0));
        assert_eq!(d("weather", "waether", 2), Some(1), "a swap is one edit");
        assert_eq!(d("calendar", "calender", 2), Some(1));
        assert_eq!(d("mail", "emails", 2), Some(2));
        assert_eq!(d("mail", "music", 2), None);
        assert_eq!(d("", "ab", 2), Some(2));
    }
}
