//! The jail as a list of system calls, for a copy of a template: the same steps, in the same order, as `child` takes.
//!
//! Never here: making any of the calls. What can be made ready outside the copy is: its folders, its `/tmp` and
//! Landlock's rules come as descriptors.

use super::child::{self, NAMESPACES};
use super::identity::Identity;
use super::root::Mounted;
use super::stage::Plan;
use crate::ablation::{self, Part};
use crate::layers::Layer;
use crate::message::{At, Failure};
use crate::options::Limits;
use crate::sys::{confine, fds, landlock, mounts};
use libc::{c_long, sock_filter};
use outboard_worker_protocol::template::{Argument, LINE_FD, Order, Stopped, SystemCall};
use std::ffi::{CStr, CString};
use std::fmt::Write as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What a step is part of, for the error when it fails.
type Step = (Layer, String);

/// The order for one copy, and what goes with it.
pub(super) struct Prepared {
    pub(super) order: Order,
    steps: Vec<Step>,
    /// The copy's `/tmp`, Landlock's rules, the doors of its groups.
    own: Vec<OwnedFd>,
}

/// Descriptors that come before those of the calls: the copy's line and its channel.
const FIRST: usize = 2;

/// The number of no system call: for tests of what happens when one fails.
const NO_CALL: i64 = 100_000;

/// What a copy's jail is made of, apart from its plan.
pub(super) struct Common<'a> {
    pub(super) root: &'a CStr,
    pub(super) identity: &'a Identity,
    pub(super) limits: &'a Limits,
    pub(super) landlock: i64,
    /// Where the copy enters its groups.
    pub(super) doors: (Vec<OwnedFd>, Option<OwnedFd>),
}

/// Writes the order for a worker.
pub(super) fn prepare(
    common: Common<'_>,
    plan: &Plan,
    folders: &[Mounted],
    filter: &[sock_filter],
) -> Result<Prepared, Failure> {
    let mut list = List { first: FIRST + folders.len(), ..List::default() };
    let tmp = tmp(common.identity)?;
    let rules = (common.landlock > 0 && ablation::keeps(Part::Landlock))
        .then(|| rules(&common, plan, folders, tmp.as_fd()))
        .transpose()?;
    let (early, late) = common.doors;
    early.into_iter().for_each(|door| list.enter(door));
    for (index, (_, target)) in folders.iter().enumerate() {
        list.attach(Argument::Descriptor(FIRST + index), target);
    }
    let tmp = list.own(tmp);
    list.attach(tmp, c"tmp");
    list.leave_template();
    list.limit(common.limits, plan)?;
    list.drop_capabilities();
    list.bind_to_spawner();
    if let Some(rules) = rules {
        let rules = list.own(rules);
        list.call(Layer::Landlock, "landlock_restrict_self", libc::SYS_landlock_restrict_self, vec![rules]);
    }
    late.into_iter().for_each(|door| list.enter(door));
    list.step_back();
    list.seal(filter);
    let List { mut calls, steps, own, .. } = list;
    for (place, call) in calls.iter_mut().filter(|call| !call.optional).enumerate() {
        if ablation::is_spoiled(place) {
            call.number = NO_CALL;
        }
    }
    Ok(Prepared { order: Order { clone: clone(), calls }, steps, own })
}

impl Prepared {
    /// Everything that goes with the order after line and channel.
    pub(super) fn descriptors<'a>(&'a self, folders: &'a [Mounted]) -> impl Iterator<Item = BorrowedFd<'a>> {
        folders.iter().map(|(tree, _)| tree.as_fd()).chain(self.own.iter().map(AsFd::as_fd))
    }

    /// Which step of the jail it was that a copy stopped at.
    pub(super) fn failure(&self, stopped: Stopped) -> Failure {
        let (layer, step) = self.steps.get(stopped.call).cloned().unwrap_or((Layer::Lifetime, "copy a worker".into()));
        Failure { layer, step, errno: stopped.errno }
    }
}

/// A child of the spawner rather than of the template, in namespaces of its own.
fn clone() -> SystemCall {
    let flags = ablation::namespaces(NAMESPACES) | libc::CLONE_PARENT | libc::SIGCHLD;
    SystemCall { number: libc::SYS_clone, arguments: vec![Argument::Value(flags.into())], optional: false }
}

fn tmp(identity: &Identity) -> Result<OwnedFd, Failure> {
    let number = |id: u32| super::root::text(&id.to_string());
    let (uid, gid) = (number(identity.uid)?, number(identity.gid)?);
    let own = [(c"uid", uid.as_c_str()), (c"gid", gid.as_c_str())];
    let options: Vec<_> = child::TMP.into_iter().chain(own).collect();
    mounts::new_memory(&options).at(Layer::Files, "make /tmp")
}

fn rules(common: &Common<'_>, plan: &Plan, folders: &[Mounted], tmp: BorrowedFd<'_>) -> Result<OwnedFd, Failure> {
    let null = CString::new([common.root.to_bytes(), b"/dev/null"].concat());
    let null = null.map_err(std::io::Error::from).at(Layer::Landlock, "name the null device")?;
    let root = fds::name(common.root).at(Layer::Landlock, "open the root")?;
    let null = fds::name(&null).at(Layer::Landlock, "open the null device")?;
    let is_changed = |target: &CStr| {
        plan.rules.change.iter().any(|folder| folder.path.to_bytes().strip_prefix(b"/") == Some(target.to_bytes()))
    };
    let mut change: Vec<_> =
        folders.iter().filter(|(_, target)| is_changed(target)).map(|(tree, _)| tree.as_fd()).collect();
    change.push(tmp);
    landlock::prepare(common.landlock, root.as_fd(), null.as_fd(), &change).at(Layer::Landlock, "make the rules")
}

/// The calls so far, and what each is for.
#[derive(Default)]
struct List {
    calls: Vec<SystemCall>,
    steps: Vec<Step>,
    own: Vec<OwnedFd>,
    /// The place of the first of `own` among all descriptors.
    first: usize,
}

impl List {
    fn call(&mut self, layer: Layer, step: impl Into<String>, number: c_long, arguments: Vec<Argument>) {
        self.calls.push(SystemCall { number, arguments, optional: false });
        self.steps.push((layer, step.into()));
    }

    fn prctl(&mut self, layer: Layer, step: &str, option: libc::c_int, value: i64) {
        let mut arguments = numbers([option.into(), value]);
        arguments.extend(numbers([0, 0, 0]));
        self.call(layer, step, libc::SYS_prctl, arguments);
    }

    /// Sends a descriptor along.
    fn own(&mut self, descriptor: OwnedFd) -> Argument {
        self.own.push(descriptor);
        Argument::Descriptor(self.first + self.own.len() - 1)
    }

    /// Enters a group by the word for oneself.
    fn enter(&mut self, door: OwnedFd) {
        let arguments = vec![self.own(door), bytes(b"0"), Argument::Value(1)];
        self.call(Layer::Watch, "enter a control group", libc::SYS_write, arguments);
    }

    /// A kindness to the host, not a layer; last, so that getting ready takes no longer than it must.
    fn step_back(&mut self) {
        let arguments = numbers([libc::PRIO_PROCESS.into(), 0, confine::NICE.into()]);
        self.call(Layer::Rlimits, "setpriority", libc::SYS_setpriority, arguments);
        self.calls.iter_mut().last().into_iter().for_each(|call| call.optional = true);
    }

    fn attach(&mut self, tree: Argument, target: &CStr) {
        let here = i64::from(libc::AT_FDCWD);
        let name = [b"/", target.to_bytes_with_nul()].concat();
        let flags = i64::from(mounts::MOVE_MOUNT_F_EMPTY_PATH);
        let arguments = vec![tree, bytes(b"\0"), Argument::Value(here), bytes(&name), Argument::Value(flags)];
        let step = format!("attach {}", target.to_string_lossy());
        self.call(Layer::Files, step, libc::SYS_move_mount, arguments);
    }

    /// What a copy shares with its template and must not: the session, and the null devices, whose flags are common to
    /// all that hold them.
    fn leave_template(&mut self) {
        self.call(Layer::Lifetime, "setsid", libc::SYS_setsid, Vec::new());
        self.call(Layer::Descriptors, "close 0 to 2", libc::SYS_close_range, numbers([0, 2, 0]));
        let (here, both) = (i64::from(libc::AT_FDCWD), i64::from(libc::O_RDWR));
        let open = vec![Argument::Value(here), bytes(b"/dev/null\0"), Argument::Value(both), Argument::Value(0)];
        self.call(Layer::Descriptors, "open the null device", libc::SYS_openat, open);
        for _ in 1..3 {
            self.call(Layer::Descriptors, "copy the null device", libc::SYS_dup, numbers([0]));
        }
    }

    fn limit(&mut self, limits: &Limits, plan: &Plan) -> Result<(), Failure> {
        if !ablation::keeps(Part::Rlimits) {
            return Ok(());
        }
        for (resource, most, name) in child::limits(limits, plan) {
            let step = format!("limit {name}");
            let most = most.min(confine::most(resource).at(Layer::Rlimits, &step)?);
            let limit = [most.to_ne_bytes(), most.to_ne_bytes()].concat();
            let arguments =
                vec![Argument::Value(0), Argument::Value(resource.into()), bytes(&limit), Argument::Value(0)];
            self.call(Layer::Rlimits, step, libc::SYS_prlimit64, arguments);
        }
        Ok(())
    }

    fn drop_capabilities(&mut self) {
        if !ablation::keeps(Part::Capabilities) {
            return;
        }
        for capability in 0..confine::capabilities() {
            self.prctl(Layer::Capabilities, "drop a capability", libc::PR_CAPBSET_DROP, capability);
        }
        let clear = libc::PR_CAP_AMBIENT_CLEAR_ALL.into();
        self.prctl(Layer::Capabilities, "drop ambient capabilities", libc::PR_CAP_AMBIENT, clear);
        let (header, none) = confine::NO_CAPABILITIES;
        let arguments =
            vec![bytes(&header.map(u32::to_ne_bytes).concat()), bytes(&none.map(u32::to_ne_bytes).concat())];
        self.call(Layer::Capabilities, "drop capabilities", libc::SYS_capset, arguments);
    }

    /// The death signal, and then a word to the spawner, which fails if it is gone already.
    fn bind_to_spawner(&mut self) {
        if ablation::keeps(Part::Lifetime) && ablation::keeps(Part::LateLifetime) {
            self.prctl(Layer::Lifetime, "PR_SET_PDEATHSIG", libc::PR_SET_PDEATHSIG, libc::SIGKILL.into());
        }
        let mut arguments = vec![Argument::Value(LINE_FD.into()), bytes(b" "), Argument::Value(1)];
        arguments.extend(numbers([libc::MSG_NOSIGNAL.into(), 0, 0]));
        self.call(Layer::Lifetime, "look for the spawner", libc::SYS_sendto, arguments);
        if ablation::keeps(Part::NoNewPrivileges) {
            self.prctl(Layer::NoNewPrivileges, "PR_SET_NO_NEW_PRIVS", libc::PR_SET_NO_NEW_PRIVS, 1);
        }
    }

    /// The end: nothing is held any more, and little can be called.
    fn seal(&mut self, filter: &[sock_filter]) {
        if ablation::keeps(Part::Descriptors) {
            let rest = numbers([i64::from(LINE_FD) + 1, u32::MAX.into(), 0]);
            self.call(Layer::Descriptors, "close the rest", libc::SYS_close_range, rest);
        }
        if ablation::keeps(Part::Seccomp) {
            let mut code = String::with_capacity(filter.len() * 16);
            for step in filter {
                let words = [step.code.to_ne_bytes(), [step.jt, step.jf]].concat();
                code += &hexadecimal(&words);
                code += &hexadecimal(&step.k.to_ne_bytes());
            }
            const SET_MODE_FILTER: i64 = 1;
            let arguments = vec![Argument::Value(SET_MODE_FILTER), Argument::Value(0), Argument::Filter(code)];
            self.call(Layer::Seccomp, "seccomp", libc::SYS_seccomp, arguments);
        }
    }
}

fn numbers<const COUNT: usize>(values: [i64; COUNT]) -> Vec<Argument> {
    values.map(Argument::Value).to_vec()
}

fn bytes(bytes: &[u8]) -> Argument {
    Argument::Bytes(hexadecimal(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
