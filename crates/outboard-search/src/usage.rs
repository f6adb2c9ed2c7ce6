//! What past use says of a tool: a small push among tools that fit about equally well.

/// How often a tool was called and how often that went well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many calls were made.
    pub count: u32,
    /// How many of them succeeded; more than `count` is read as `count`.
    pub success: u32,
}

/// With so many calls past use counts for half of what it can.
const HALF: f32 = 8.0;

impl Usage {
    /// From -1 (many calls, all failed) over 0 (never called) to 1 (many calls, all well).
    pub(crate) fn standing(self) -> f32 {
        let (count, success) = (self.count as f32, self.success.min(self.count) as f32);
        let rate = (success + 1.0) / (count + 2.0);
        (2.0 * rate - 1.0) * count / (count + HALF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_good_calls_count_most() {
        let standing = |count, success| Usage { count, success }.standing();
        assert_eq!(standing(0, 0), 0.0);
        assert_eq!(standing(0, 9), 0.0, "successes without calls are none");
        assert!(standing(2, 2) > 0.0 && standing(100, 100) > standing(2, 2));
        assert!(standing(100, 0) < standing(2, 0) && standing(100, 0) >= -1.0);
        assert!(standing(u32::MAX, u32::MAX) <= 1.0);
        assert!(standing(10, 5).abs() < 1e-6);
    }
}
