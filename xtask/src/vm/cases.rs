//! Which machines there are, and what has to be seen in each situation.

/// A virtual machine.
pub(super) struct Machine {
    pub(super) name: &'static str,
    /// The release of Debian that its kernel is of.
    pub(super) release: &'static str,
    /// Words for the kernel's command line.
    pub(super) boot: &'static str,
    pub(super) cases: &'static [Case],
}

/// One situation, as `guest.sh` makes it, and what `doctor` has to say of it.
pub(super) struct Case {
    pub(super) situation: &'static str,
    pub(super) tier: Tier,
    /// What limits memory, as `doctor` says it.
    pub(super) groups: &'static str,
    /// A part of the line that says how to have more, where there is more to have.
    pub(super) fix: Option<&'static str>,
}

/// What programs run in unless settings accept less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// Every mandatory layer.
    A,
    /// Refused; with `sandbox.tier = "B"` they run.
    RefusedThenB,
    /// Refused either way.
    Refused,
}

const TWO: &str = "memory: cgroup v2; processes: cgroup v2; CPU weight: cgroup v2";
const WATCHED: &str = "memory: sampled";

const fn grouped(situation: &'static str) -> Case {
    Case { situation, tier: Tier::A, groups: TWO, fix: None }
}

const fn watched(situation: &'static str, fix: &'static str) -> Case {
    Case { situation, tier: Tier::A, groups: WATCHED, fix: Some(fix) }
}

const fn refused(situation: &'static str, tier: Tier, fix: &'static str) -> Case {
    Case { situation, tier, groups: "", fix: Some(fix) }
}

const HAND_ON: &str = "cgroup.subtree_control";
const NAMESPACES: &str = "user.max_user_namespaces";

const ALL: [Case; 10] = [
    watched("root-bare", HAND_ON),
    grouped("root"),
    watched("user", "systemd-run --user --scope"),
    grouped("user-delegated"),
    grouped("user-delegated-off"),
    watched("user-delegated-own", HAND_ON),
    watched("no-groups", "mount -t cgroup2"),
    refused("user-none", Tier::RefusedThenB, NAMESPACES),
    refused("root-none", Tier::RefusedThenB, NAMESPACES),
    refused("user-debian", Tier::RefusedThenB, "kernel.unprivileged_userns_clone=1"),
];

/// Every machine.
pub(super) const MACHINES: [Machine; 6] = [
    Machine { name: "5.10", release: "bullseye", boot: "", cases: &ALL },
    Machine { name: "6.1", release: "bookworm", boot: "", cases: &ALL },
    Machine { name: "6.12", release: "trixie", boot: "", cases: &ALL },
    Machine {
        name: "6.12-without-landlock",
        release: "trixie",
        boot: "lsm=lockdown,yama,apparmor",
        cases: &[grouped("root"), refused("user-none", Tier::Refused, NAMESPACES)],
    },
    Machine {
        name: "6.12-apparmor",
        release: "trixie",
        boot: "apparmor=1 security=apparmor",
        cases: &[grouped("root"), refused("user-apparmor", Tier::RefusedThenB, "kernel.apparmor_restrict")],
    },
    Machine { name: "newest", release: "sid", boot: "", cases: &ALL },
];
