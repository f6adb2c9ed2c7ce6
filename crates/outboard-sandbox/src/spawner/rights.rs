//! The rights of root that a spawner takes, and whether it has them: containers rob root of some.

use crate::layers::Layer;
use crate::message::{At, Failure};
use std::fs;
use std::io;

/// A right by its number in capabilities(7), its name, the layer that fails without it, and what it is for.
type Right = (u32, &'static str, Layer, &'static str);

const KILL: Right = (5, "CAP_KILL", Layer::Lifetime, "kill workers, which are another user");
const BECOME_USER: Right = (7, "CAP_SETUID", Layer::Identity, "make workers another user");
const BECOME_GROUP: Right = (6, "CAP_SETGID", Layer::Identity, "give workers another group");
const GIVE: Right = (0, "CAP_CHOWN", Layer::Identity, "give workers their folders");
const DROP: Right = (8, "CAP_SETPCAP", Layer::Identity, "take every right from workers without a user namespace");

/// What root takes everywhere. Whoever makes a user namespace may kill all in it, but root's workers are somebody else, and
/// those of a template made their own, so a root that was robbed of that right could not end them: nor does the kernel
/// then, when the host dies.
pub(super) const ALWAYS: &[Right] = &[KILL, BECOME_USER, BECOME_GROUP];

/// What root takes at tier B, where owners are not mapped.
pub(super) const BARE: &[Right] = &[KILL, BECOME_USER, BECOME_GROUP, GIVE];

/// What root takes where it has namespaces, but none of users.
pub(super) const UNMAPPED: &[Right] = &[KILL, BECOME_USER, BECOME_GROUP, GIVE, DROP];

/// Finds the first right that is not there.
pub(super) fn have(wanted: &[Right]) -> Result<(), Failure> {
    let status = fs::read_to_string("/proc/self/status").at(Layer::Lifetime, "look for the rights of root")?;
    let held = effective(&status);
    let Some((_, name, layer, purpose)) = wanted.iter().find(|(number, ..)| held >> number & 1 == 0) else {
        return Ok(());
    };
    let lack = Err(io::Error::from_raw_os_error(libc::EPERM));
    lack.at(*layer, format!("have the right to {purpose}: give root {name} back"))
}

fn effective(status: &str) -> u64 {
    let text = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    text.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_as_the_kernel_writes_them() {
        assert_eq!(effective("Name:\tx\nCapPrm:\t0000000000000001\nCapEff:\t00000000000000a0\n"), 1 << 5 | 1 << 7);
        assert_eq!(effective("Name:\tx\n"), 0);
        assert_eq!(effective("CapEff:\tnonsense\n"), 0);
    }
}
