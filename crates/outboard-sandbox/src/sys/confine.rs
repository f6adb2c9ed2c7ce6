//! What a worker gives up before it executes its program.
#![allow(unsafe_code, reason = "identity, limits and capabilities are not in the standard library")]

use super::{check, check_int};
use crate::ablation::{self, Part};
use std::ffi::CString;
use std::io;
use std::ptr;

/// Becomes this user and group, and leaves all other groups where that is allowed.
pub(crate) fn become_user(id: u32, leave_groups: bool) -> io::Result<()> {
    // SAFETY: plain calls. `setgroups` through the raw call, as this process has one thread only.
    unsafe {
        if leave_groups {
            check(libc::syscall(libc::SYS_setgroups, 0_usize, ptr::null::<libc::gid_t>()))?;
        }
        check(libc::syscall(libc::SYS_setresgid, id, id, id))?;
        check(libc::syscall(libc::SYS_setresuid, id, id, id))?;
    }
    Ok(())
}

/// The same by root where there is no user namespace: the rights to put up the rest of the jail stay until they are
/// dropped, as they do in a user namespace.
pub(crate) fn become_user_with_rights(id: u32, leave_groups: bool) -> io::Result<()> {
    const KEEP_WHEN_CHANGING_USERS: libc::c_int = 1 << 2;
    let secure = |bits: libc::c_int| {
        // SAFETY: a plain call.
        check_int(unsafe { libc::prctl(libc::PR_SET_SECUREBITS, bits as libc::c_ulong, 0, 0, 0) }).map(drop)
    };
    // SAFETY: a plain call.
    let before = check_int(unsafe { libc::prctl(libc::PR_GET_SECUREBITS, 0, 0, 0, 0) })?;
    secure(before | KEEP_WHEN_CHANGING_USERS)?;
    become_user(id, leave_groups)?;
    secure(before)
}

/// Names the host as the worker sees it.
pub(crate) fn set_host_name(name: &str) -> io::Result<()> {
    // SAFETY: the pointer and length describe the string.
    check_int(unsafe { libc::sethostname(name.as_ptr().cast(), name.len()) })?;
    Ok(())
}

#[cfg(target_env = "gnu")]
pub(crate) type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
pub(crate) type Resource = libc::c_int;

/// Lowers a resource's limit for good; never raises it, which even root may not be able to.
pub(crate) fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = most.min(self::most(resource)?);
    let new = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the struct is readable.
    check_int(unsafe { libc::setrlimit(resource, &raw const new) })?;
    Ok(())
}

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

/// Empties every capability set. An ordinary user without namespaces cannot empty the bounding set, which then
/// means nothing, as `no_new_privs` keeps it from ever being used: that alone is no error unless `strict`.
pub(crate) fn drop_capabilities(strict: bool) -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header = CapabilityHeader { version: VERSION_3, pid: 0 };
    let none = [0_u32; 6];
    // SAFETY: plain calls; header and data have the layout of version 3. The kernel refuses the first
    // number above its last capability, which ends the loop.
    unsafe {
        for capability in 0..64_u64 {
            if libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 {
                let error = io::Error::last_os_error();
                match error.raw_os_error() {
                    Some(libc::EPERM) if !strict => break,
                    Some(libc::EINVAL) if capability > 0 => break,
                    _ => return Err(error),
                }
            }
        }
        check_int(libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong, 0, 0, 0))?;
        check(libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()))?;
    }
    Ok(())
}

/// How many capabilities the kernel knows.
pub(crate) fn capabilities() -> i64 {
    // SAFETY: a plain call that only looks.
    let known = |capability: &i64| unsafe { libc::prctl(libc::PR_CAPBSET_READ, *capability, 0, 0, 0) >= 0 };
    (0..64).take_while(known).count() as i64
}

/// What `capset` is told to empty all sets: the header, and what follows it.
pub(crate) const NO_CAPABILITIES: ([u32; 2], [u32; 6]) = ([0x2008_0522, 0], [0; 6]);

/// What a resource may be limited to at most, because it is so already.
pub(crate) fn most(resource: Resource) -> io::Result<u64> {
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the struct is writable.
    check_int(unsafe { libc::getrlimit(resource, &raw mut now) })?;
    Ok(now.rlim_max)
}

/// Gives up gaining privileges by executing files.
pub(crate) fn no_new_privileges() -> io::Result<()> {
    // SAFETY: a plain call.
    check_int(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1 as libc::c_ulong, 0, 0, 0) })?;
    Ok(())
}

/// Gives signals back their default meaning, and files their default mode.
pub(crate) fn reset_inherited() {
    // SAFETY: plain calls.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::umask(0o022);
    }
}

/// The priority of workers.
pub(crate) const NICE: libc::c_int = 10;

/// Lets other processes of the host go first when processors are scarce.
pub(crate) fn step_back() {
    // SAFETY: a plain call. Lowering one's own priority is always allowed; it is a kindness, no layer.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) };
}

/// Executes a program with exactly this environment; returns only when that fails.
pub(crate) fn execute(argv: &[CString], environment: &[CString]) -> io::Error {
    let Some(program) = argv.first() else { return io::Error::from_raw_os_error(libc::ENOENT) };
    let mut arguments: Vec<_> = argv.iter().map(|one| one.as_ptr()).collect();
    arguments.push(ptr::null());
    let mut environment: Vec<_> = environment.iter().map(|one| one.as_ptr()).collect();
    environment.push(ptr::null());
    if !ablation::keeps(Part::Environment) {
        // SAFETY: the array ends with null and points to C strings that outlive the call.
        unsafe { libc::execv(program.as_ptr(), arguments.as_ptr()) };
    }
    // SAFETY: both arrays end with null and point to C strings that outlive the call.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

const LEAVE_GROUP: &[libc::c_long] = &[libc::SYS_setsid, libc::SYS_setpgid];

/// What Landlock does not know: changes of modes and times, and attributes of files with their values.
const UNKNOWN_TO_LANDLOCK: &[libc::c_long] = &[
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_utimensat,
    libc::SYS_getxattr,
    libc::SYS_lgetxattr,
    libc::SYS_fgetxattr,
    libc::SYS_listxattr,
    libc::SYS_llistxattr,
    libc::SYS_flistxattr,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// What Landlock confines from its version 6 on.
const SIGNALS: &[libc::c_long] =
    &[libc::SYS_kill, libc::SYS_tkill, libc::SYS_tgkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo];

/// Keeps this process and its descendants in their process group, by which they are killed.
pub(crate) fn stay_in_group() -> io::Result<()> {
    refuse(LEAVE_GROUP)
}

/// The same, and keeps them from what namespaces make harmless and this version of Landlock does not know: files and
/// processes of the host have names for them.
pub(crate) fn stay_in_place(landlock: i64) -> io::Result<()> {
    let signals = if landlock < 6 { SIGNALS } else { &[] };
    refuse(&[LEAVE_GROUP, UNKNOWN_TO_LANDLOCK, signals].concat())
}

/// Refuses calls by number, whatever their arguments.
fn refuse(calls: &[libc::c_long]) -> io::Result<()> {
    let step = |code: u32, jt, k: u32| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
    let refused = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    // From each as many steps as there are calls after it, and one more, to the refusal.
    let steps = (1..=calls.len() as u8).rev();
    let calls = calls.iter().zip(steps).map(|(call, steps)| step(IF_EQUAL, steps, *call as u32));
    let ends = [step(RETURN, 0, libc::SECCOMP_RET_ALLOW), step(RETURN, 0, refused)];
    let mut program: Vec<_> = [step(LOAD, 0, 0)].into_iter().chain(calls).chain(ends).collect();
    super::filter::install(&mut program)
}
