//! What all workers of this host have in common, and what one worker needs before it is cloned.

use super::bare::Bare;
use super::groups::{self, Group, Groups};
use super::identity::{Identity, is_forbidden};
use super::root::{self, Mounted, text};
use super::template::{Held, Templates};
use crate::layers::{Layer, LayerState, Tier, layers};
use crate::message::{At, Ended, Failure, Folder, Layout, Profile, Setup, Spawn};
use crate::options::Limits;
use crate::sys::landlock::{self, Rules};
use crate::sys::{filter, network, process};
use outboard_worker_protocol::SOCKET_FD;
use outboard_worker_protocol::template::{MAX_ORDER_FDS, TEMPLATE_FLAG};
use std::ffi::CString;
use std::io;
use std::os::fd::{OwnedFd, RawFd};

/// Descriptors of an order beside its folders: line, channel, `/tmp`, Landlock's rules, doors of three groups.
const EXTRA_FDS: usize = 7;

/// Room for processes of all workers together, where the kernel counts them together and a group those of each.
const OF_ALL_WORKERS: u64 = 2048;

/// The first descriptor of a folder that a worker is handed, where it could not walk there.
pub(super) const HELD: RawFd = SOCKET_FD + 2;

/// Where a process finds its descriptors by name.
pub(super) const HANDED: &str = "/proc/self/fd/";

/// Everything that jails of this host have in common.
pub(super) struct Stage {
    pub(super) identity: Identity,
    pub(super) limits: Limits,
    /// The kernel's Landlock version; 0 when it cannot ban sockets.
    pub(super) landlock: i64,
    pub(super) kind: Kind,
    pub(super) groups: Groups,
    pub(super) templates: Templates,
    layouts: Vec<Layout>,
    filters: Vec<Filter>,
}

/// How workers of this host are kept from its files.
pub(super) enum Kind {
    /// By a root of their own: tier A.
    Rooted,
    /// By Landlock alone: tier B.
    Bare(Bare),
}

struct Filter {
    profile: Profile,
    network: bool,
    program: Vec<libc::sock_filter>,
}

/// What one worker needs, prepared before it is cloned.
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) rules: Rules,
    pub(super) argv: Vec<CString>,
    pub(super) environment: Vec<CString>,
    pub(super) profile: Profile,
    pub(super) address_space: bool,
    pub(super) network: bool,
    /// Processes that count with the worker's though they are not its own: the user's, without user namespaces.
    pub(super) others: u64,
    pub(super) channel: OwnedFd,
    /// The name of the layout.
    pub(super) layout: String,
    /// Whether it is to be a copy of the layout's template.
    pub(super) copied: bool,
}

/// Where a worker runs.
pub(super) enum Place {
    /// In a copy of this root with these mounts.
    Root(CString, Vec<Mounted>),
    /// In this folder of the host, with these folders open: [`HELD`] and on.
    Folder(CString, Vec<landlock::Folder>),
}

impl Stage {
    pub(super) fn build(setup: Setup, texts: Vec<OwnedFd>) -> Result<Self, Failure> {
        let Setup { layouts, limits, runtime } = setup;
        // Before the stage hides `/proc`.
        let groups = Groups::find(&limits);
        let landlock = landlock::version().ok().filter(|version| *version >= 4).unwrap_or(0);
        let (identity, kind) = match rooted(&layouts, &texts) {
            Ok(identity) => (identity, Kind::Rooted),
            Err(failure) if landlock > 0 && means_no_namespaces(&failure) => {
                let identity = Identity::bare()?;
                let bare = Bare::build(&runtime, &layouts, &texts, &identity, failure)?;
                (identity, Kind::Bare(bare))
            }
            Err(failure) if landlock == 0 && means_no_namespaces(&failure) => {
                let (lack, fix) = landlock::lack(&landlock::version());
                return Err(Failure {
                    step: format!("{} (tier B is not there either: {lack}; {fix})", failure.step),
                    ..failure
                });
            }
            Err(failure) => return Err(failure),
        };
        Ok(Self {
            identity,
            limits,
            landlock,
            kind,
            groups,
            templates: Templates::default(),
            layouts,
            filters: Vec::new(),
        })
    }

    pub(super) fn tier(&self) -> Tier {
        match self.kind {
            Kind::Rooted => Tier::A,
            Kind::Bare(_) => Tier::B,
        }
    }

    /// The layers as they are here, for `doctor`.
    pub(super) fn layers(&self) -> Vec<LayerState> {
        let bare = match &self.kind {
            Kind::Rooted => None,
            Kind::Bare(bare) => Some(bare),
        };
        layers().into_iter().map(|(layer, _)| self.layer(layer, bare)).collect()
    }

    fn layer(&self, layer: Layer, bare: Option<&Bare>) -> LayerState {
        let mut fix = None;
        let (on, note) = match (layer, bare) {
            (Layer::Namespaces, Some(bare)) => (false, bare.reason()),
            (Layer::Namespaces, None) if !self.identity.is_mapped() => {
                let errno = self.identity.unmapped.unwrap_or_default();
                fix = Some(layer.hint().to_owned());
                (true, format!("without a user namespace: {}", io::Error::from_raw_os_error(errno)))
            }
            (Layer::Files, Some(_)) => (false, "files of the host have names; Landlock lists the readable".to_owned()),
            (Layer::Identity, Some(_)) if !self.identity.root => (false, "the user's own".to_owned()),
            (Layer::Lifetime, Some(_)) => (true, "process group".to_owned()),
            (Layer::Identity, _) if self.identity.root => (true, format!("host uid {}", self.identity.uid)),
            (Layer::Identity, _) => (true, format!("own host uid {}", self.identity.uid)),
            (Layer::Landlock, _) if self.landlock > 0 => (true, format!("ABI {}", self.landlock)),
            (Layer::Landlock, _) => {
                let lack = landlock::lack(&landlock::version());
                fix = Some(lack.1.to_owned());
                (false, lack.0)
            }
            (Layer::Watch, _) => {
                fix = self.groups.fix();
                (true, self.groups.note())
            }
            _ => (true, String::new()),
        };
        LayerState { layer, on, note, fix }
    }

    /// Whether a worker is to be a copy of a template. One with a network makes its listener itself, so it is none.
    pub(super) fn copies(&self, spawn: &Spawn) -> bool {
        let able = self.layouts.iter().any(|layout| layout.name == spawn.layout && layout.template);
        let room = spawn.mounts.len() + EXTRA_FDS <= MAX_ORDER_FDS;
        // A copy makes its namespaces without any right, which takes a user namespace.
        able && room && !spawn.network && matches!(self.kind, Kind::Rooted) && self.identity.is_mapped()
    }

    /// Takes note of what templates say; gives the requests that need not wait for them any more.
    pub(super) fn look_at_templates(&mut self, readable: &[RawFd]) -> Vec<Held> {
        self.templates.look(readable, |pid| self.identity.is_copyable(pid))
    }

    /// Prepares the template of a layout.
    pub(super) fn plan_template(&mut self, layout: &str, socket: OwnedFd) -> Result<Plan, Failure> {
        let spawn = Spawn { id: 0, layout: layout.to_owned(), mounts: Vec::new(), network: false };
        let mut plan = self.plan(&spawn, socket)?;
        let at = self.layouts.iter().find(|one| one.name == layout).and_then(|layout| layout.root_at);
        plan.argv.insert(at.unwrap_or(plan.argv.len()).min(plan.argv.len()), text(TEMPLATE_FLAG)?);
        Ok(plan)
    }

    /// Prepares one worker.
    pub(super) fn plan(&mut self, spawn: &Spawn, channel: OwnedFd) -> Result<Plan, Failure> {
        let unknown = || io::Error::from_raw_os_error(libc::ENOENT);
        let layout = self.layouts.iter().find(|layout| layout.name == spawn.layout);
        let layout = layout.ok_or_else(unknown).at(Layer::Files, format!("find the layout {}", spawn.layout))?;
        if !self.filters.iter().any(|filter| (filter.profile, filter.network) == (layout.profile, spawn.network)) {
            let (profile, network) = (layout.profile, spawn.network);
            self.filters.push(Filter { profile, network, program: filter::program(profile, network) });
        }
        let (place, rules, argv) = match &mut self.kind {
            Kind::Rooted => in_root(&mut self.identity, layout, spawn)?,
            Kind::Bare(bare) => bare.plan(&self.identity, layout, spawn)?,
        };
        let environment = layout.environment.iter().map(|(name, value)| text(&format!("{name}={value}")));
        Ok(Plan {
            place,
            rules,
            argv: argv.iter().map(|word| text(word)).collect::<Result<_, _>>()?,
            environment: environment.collect::<Result<_, _>>()?,
            profile: layout.profile,
            address_space: layout.address_space,
            network: spawn.network,
            others: self.others(),
            channel,
            layout: spawn.layout.clone(),
            copied: self.copies(spawn) && self.templates.has(&spawn.layout),
        })
    }

    /// How many processes of the worker's user are not to count, or count elsewhere.
    fn others(&self) -> u64 {
        let beyond = if self.groups.counts_processes() { groups::BEYOND } else { 0 };
        if self.identity.is_mapped() {
            beyond
        } else if beyond > 0 {
            // The group is the limit: what the user has besides comes and goes.
            self.identity.processes() + OF_ALL_WORKERS
        } else {
            self.identity.processes()
        }
    }

    /// Reaps a worker that has ended, with all that it left.
    pub(super) fn bury(&mut self, id: u64, pid: i32, group: Option<&Group>) -> io::Result<Ended> {
        if let Kind::Bare(_) = self.kind {
            // The pid namespace does this elsewhere.
            process::kill_group(pid);
        }
        let mut ended = process::reap(pid);
        if let (Ok(ended), Some(group)) = (&mut ended, group) {
            self.groups.leave(group, ended);
        }
        self.forget(id);
        ended
    }

    /// A worker's `/tmp`, where it lies on the host's disk.
    pub(super) fn tmp(&self, id: u64) -> Option<Folder> {
        match &self.kind {
            Kind::Rooted => None,
            Kind::Bare(bare) => bare.tmp(id),
        }
    }

    /// Removes what was prepared for a worker.
    pub(super) fn forget(&self, id: u64) {
        if let Kind::Bare(bare) = &self.kind {
            bare.remove(id);
        }
    }

    /// The filter of a planned worker.
    pub(super) fn filter(&mut self, plan: &Plan) -> &mut [libc::sock_filter] {
        let wanted = (plan.profile, plan.network);
        let found = self.filters.iter_mut().find(|filter| (filter.profile, filter.network) == wanted);
        found.map(|filter| &mut filter.program[..]).unwrap_or_default()
    }
}

fn rooted(layouts: &[Layout], texts: &[OwnedFd]) -> Result<Identity, Failure> {
    let identity = Identity::take()?;
    let texts = texts.iter().map(OwnedFd::try_clone).collect::<Result<_, _>>();
    root::build(layouts, texts.at(Layer::Descriptors, "copy the texts' descriptors")?)?;
    Ok(identity)
}

/// Whether a failure says that this machine forbids namespaces, or to do anything in them.
fn means_no_namespaces(failure: &Failure) -> bool {
    is_forbidden(&io::Error::from_raw_os_error(failure.errno))
        && (matches!(failure.layer, Layer::Namespaces | Layer::Identity) || failure.step.ends_with("private"))
}

/// A worker with a root of its own. Its folders are there before Landlock's rules are made, which name each: a rule
/// on the place where something will be mounted later would not hold for what is mounted there.
fn in_root(identity: &mut Identity, layout: &Layout, spawn: &Spawn) -> Result<(Place, Rules, Vec<String>), Failure> {
    let mut mounts = root::open_folders(identity, &layout.name, &spawn.mounts)?;
    if spawn.network {
        mounts.extend(root::certificates(&layout.name)?);
    }
    let writable = spawn.mounts.iter().filter(|folder: &&Folder| folder.writable).map(|folder| folder.target.as_str());
    let change = ["/tmp"].into_iter().chain(writable);
    let rules = Rules {
        read: vec![c"/".to_owned()],
        write: vec![c"/dev/null".to_owned()],
        change: change.map(|path| text(path).map(Into::into)).collect::<Result<_, _>>()?,
        connect: spawn.network.then_some(network::PORT),
    };
    Ok((Place::Root(root::path_text(&root::root_of(&layout.name))?, mounts), rules, layout.argv.clone()))
}
