//! Which machines there are, and what has to be seen in each situation.

/// A virtual machine.
pub(super) struct Machine {
    pub(super) name: &'static str,
    /// The release of Debian that its kernel is of.
    pub(super) release: &'static str,
    /// Words for the kernel's command line.
    pub(super) boot: &'static str,
    cases: &'static [&'static [Case]],
}

impl Machine {
    /// Its situations, in their order.
    pub(super) fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().flat_map(|cases| cases.iter())
    }
}

/// One situation, as `guest.sh` makes it, and what `doctor` has to say of it.
pub(super) struct Case {
    pub(super) situation: &'static str,
    pub(super) tier: Tier,
    /// What limits memory, as `doctor` says it.
    pub(super) groups: &'static str,
    /// A part of the line that says how to have more, where there is more to have.
    pub(super) fix: Option<&'static str>,
    /// Whether the sandbox's own tests run there.
    pub(super) has_tests: bool,
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
    Case { situation, tier: Tier::A, groups: TWO, fix: None, has_tests: false }
}

const fn watched(situation: &'static str, fix: &'static str) -> Case {
    Case { situation, tier: Tier::A, groups: WATCHED, fix: Some(fix), has_tests: false }
}

const fn refused(situation: &'static str, tier: Tier, fix: &'static str) -> Case {
    Case { situation, tier, groups: "", fix: Some(fix), has_tests: false }
}

const HAND_ON: &str = "cgroup.subtree_control";
const NAMESPACES: &str = "user.max_user_namespaces";

/// Without rights of the administrator and with them, with control groups of every kind and without.
const HOLDING: [Case; 7] = [
    watched("root-bare", HAND_ON),
    grouped("root"),
    watched("user", "systemd-run --user --scope"),
    grouped("user-delegated"),
    grouped("user-delegated-off"),
    watched("user-delegated-own", HAND_ON),
    watched("no-groups", "mount -t cgroup2"),
];

/// Root makes the other namespaces without a user namespace.
const ROOT_WITHOUT: Case =
    Case { situation: "root-none", tier: Tier::A, groups: TWO, fix: Some(NAMESPACES), has_tests: true };

const TIER_B: [Case; 4] = [
    refused("user-none", Tier::RefusedThenB, NAMESPACES),
    ROOT_WITHOUT,
    refused("root-bounded-none", Tier::RefusedThenB, NAMESPACES),
    refused("user-debian", Tier::RefusedThenB, "kernel.unprivileged_userns_clone=1"),
];

/// Landlock is too old there for tier B, which is said.
const NO_TIER_B: [Case; 3] = [
    refused("user-none", Tier::Refused, "Linux 6.7"),
    ROOT_WITHOUT,
    refused("user-debian", Tier::Refused, "Linux 6.7"),
];

const fn machine(
    name: &'static str,
    release: &'static str,
    boot: &'static str,
    cases: &'static [&'static [Case]],
) -> Machine {
    Machine { name, release, boot, cases }
}

/// Every machine.
pub(super) const MACHINES: [Machine; 6] = [
    machine("5.10", "bullseye", "", &[&[refused("root", Tier::Refused, "5.12 or newer")]]),
    machine("6.1", "bookworm", "", &[&HOLDING, &NO_TIER_B]),
    machine("6.12", "trixie", "", &[&HOLDING, &TIER_B]),
    machine(
        "6.12-without-landlock",
        "trixie",
        "lsm=lockdown,yama,apparmor",
        &[&[grouped("root")], &[refused("user-none", Tier::Refused, "lsm=")]],
    ),
    machine(
        "6.12-apparmor",
        "trixie",
        "apparmor=1 security=apparmor",
        &[&[grouped("root"), grouped("user-delegated")], &[watched("user-apparmor", "systemd-run --user --scope")]],
    ),
    machine("newest", "sid", "", &[&HOLDING, &TIER_B]),
];
