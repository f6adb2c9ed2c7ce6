//! The layers of a jail by name, for errors and for `doctor`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One layer of a jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The user, pid, net, ipc, uts and cgroup namespaces.
    Namespaces,
    /// A user id of its own that owns nothing.
    Identity,
    /// A root of its own, in which no file of the host has a name but the granted ones.
    Files,
    /// Limits of the kernel per process.
    Rlimits,
    /// The total of CPU time and memory, watched by the host.
    Watch,
    /// No capability in any set.
    Capabilities,
    /// No way to gain privileges by executing a file.
    NoNewPrivileges,
    /// The second, independent limit on changing files, and ban on TCP, abstract sockets and signals. Best effort.
    Landlock,
    /// The list of allowed system calls.
    Seccomp,
    /// One socket, three null devices, no environment.
    Descriptors,
    /// Death with the spawner, which dies with the host.
    Lifetime,
}

/// Every layer with what it does, in the order of [`Isolation::layers`].
pub fn layers() -> [(Layer, &'static str); 11] {
    [
        (Layer::Namespaces, "user, mount, pid, net, ipc, uts and cgroup namespaces of its own"),
        (Layer::Identity, "a user id of its own, never root"),
        (Layer::Files, "a read-only root of its own; the host's root is detached"),
        (Layer::Rlimits, "core, CPU, address space, files, processes limited by the kernel"),
        (Layer::Watch, "CPU time and memory of all processes watched by the host"),
        (Layer::Capabilities, "all capability sets empty"),
        (Layer::NoNewPrivileges, "executing a file gives no privilege"),
        (Layer::Landlock, "changes only in writable folders; no TCP, no abstract sockets, no signals outwards"),
        (Layer::Seccomp, "a list of allowed system calls; the rest is refused"),
        (Layer::Descriptors, "one socket, no environment"),
        (Layer::Lifetime, "ends with the spawner, which ends with the host"),
    ]
}

impl Layer {
    /// The layer's stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::Namespaces => "namespaces",
            Layer::Identity => "identity",
            Layer::Files => "files",
            Layer::Rlimits => "rlimits",
            Layer::Watch => "watch",
            Layer::Capabilities => "capabilities",
            Layer::NoNewPrivileges => "no_new_privs",
            Layer::Landlock => "landlock",
            Layer::Seccomp => "seccomp",
            Layer::Descriptors => "descriptors",
            Layer::Lifetime => "lifetime",
        }
    }

    /// What a person can do when this layer cannot be had.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Layer::Namespaces | Layer::Identity => {
                "allow user namespaces: `sysctl user.max_user_namespaces` must not be 0; on Debian \
                 `sysctl -w kernel.unprivileged_userns_clone=1`; on Ubuntu 24.04 and later \
                 `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`; in Docker run with a seccomp \
                 profile that allows clone3 and mount (`--security-opt seccomp=unconfined`)"
            }
            Layer::Files => "the kernel must be 5.12 or newer and the folder must exist; see the step named above",
            Layer::Seccomp => "the kernel must be built with CONFIG_SECCOMP_FILTER",
            _ => "no worker runs without this layer; run `outboard doctor`",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One layer as it is on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerState {
    /// The layer.
    pub layer: Layer,
    /// Whether it is on. Only best-effort layers can be off.
    pub on: bool,
    /// The variant in use, such as the uid or the mount method.
    pub note: String,
    /// What brings a stronger variant, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// How strongly workers are isolated. Workers of either tier share the host's kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub enum Tier {
    /// Without namespaces: allowed system calls, Landlock's list of files, limits, end with the host. For machines
    /// that forbid user namespaces.
    B,
    /// Every mandatory layer.
    #[default]
    A,
}

impl fmt::Display for Tier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Tier::A => "A",
            Tier::B => "B",
        })
    }
}

/// How workers are isolated on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Isolation {
    /// The tier; absent while the proof of the jail is still under way.
    pub tier: Option<Tier>,
    /// The layers.
    pub layers: Vec<LayerState>,
    /// The layers that are off here.
    pub missing: Vec<Layer>,
}

impl Isolation {
    pub(crate) fn new(tier: Tier, layers: Vec<LayerState>) -> Self {
        let missing = layers.iter().filter(|state| !state.on).map(|state| state.layer).collect();
        Self { tier: Some(tier), layers, missing }
    }
}

impl fmt::Display for Isolation {
    /// One line, such as `tier A: namespaces, identity (uid 200000), …; off: landlock`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(tier) = self.tier else { return out.write_str("not proven yet") };
        write!(out, "tier {tier}")?;
        let mut separator = ": ";
        for state in self.layers.iter().filter(|state| state.on) {
            write!(out, "{separator}{}", state.layer)?;
            if !state.note.is_empty() {
                write!(out, " ({})", state.note)?;
            }
            separator = ", ";
        }
        for state in self.layers.iter().filter(|state| !state.on) {
            write!(out, "; off: {} ({})", state.layer, state.note)?;
        }
        Ok(())
    }
}
