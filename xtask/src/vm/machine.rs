//! One boot: the first files of the guest, the machine, and what it told.

use super::cases::Machine;
use super::kernels::Kernel;
use crate::packages::done;
use crate::root;
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// How long a machine may take, in seconds.
const PATIENCE: &str = "7200";
/// The disk for what programs write; sparse.
const DISK: u64 = 4 << 30;

/// Modules that the guest needs before it sees any file; which of them there are depends on the kernel.
#[rustfmt::skip]
const MODULES: [&str; 18] = [
    "virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk", "fscache",
    "netfs", "9pnet", "9pnet_virtio", "9p", "crc16", "crc32c_generic", "crc32c-cryptoapi", "libcrc32c", "mbcache",
    "jbd2", "ext4",
];

/// Something that was seen in the guest.
pub(super) struct Told {
    pub(super) situation: String,
    pub(super) check: String,
    pub(super) text: String,
}

/// Boots a machine, waits until it has gone through the situations.
pub(super) fn boot(
    folder: &Path,
    kernel: &Kernel,
    programs: &Path,
    machine: &Machine,
    situations: &[&str],
    kvm: bool,
) -> Result<Vec<Told>> {
    let folder = folder.join("machines").join(machine.name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let first = first_files(&folder, kernel)?;
    File::create(folder.join("disk"))?.set_len(DISK)?;
    let append = format!(
        "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check tsc=reliable nowatchdog situations={} {}",
        situations.join(","),
        machine.boot
    );
    let mut command = Command::new("timeout");
    command.args([PATIENCE, "qemu-system-x86_64", "-cpu", "Haswell", "-smp", "2", "-m", "2048"]);
    command.args(["-accel", if kvm { "kvm" } else { "tcg,thread=single" }]);
    command.args(["-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none"]);
    command.arg("-kernel").arg(&kernel.image).arg("-initrd").arg(first).args(["-append", &append]);
    for (tag, path) in [("host", Path::new("/")), ("programs", programs)] {
        let share = format!("local,id={tag},path={},security_model=none,readonly=on,multidevs=remap", path.display());
        command.args(["-fsdev", &share, "-device", &format!("virtio-9p-pci,fsdev={tag},mount_tag={tag}")]);
    }
    command.arg("-drive").arg(format!("file={},format=raw,if=virtio,cache=unsafe", folder.join("disk").display()));
    for line in ["console.log", "told.tsv"] {
        command.arg("-serial").arg(format!("file:{}", folder.join(line).display()));
    }
    let console = folder.join("console.log");
    done(&mut command, &format!("see {}", console.display()))?;
    fs::remove_file(folder.join("disk"))?;
    let told = told(&String::from_utf8_lossy(&fs::read(folder.join("told.tsv"))?));
    ensure!(!told.is_empty(), "the guest said nothing; see {}", console.display());
    Ok(told)
}

/// Busybox, the modules and the first program, in the form in which a kernel takes them.
fn first_files(folder: &Path, kernel: &Kernel) -> Result<std::path::PathBuf> {
    let tree = folder.join("first");
    fs::create_dir_all(tree.join("bin"))?;
    fs::create_dir_all(tree.join("modules"))?;
    fs::copy(busybox()?, tree.join("bin/busybox"))?;
    fs::copy(root().join("xtask/vm/init"), tree.join("init"))?;
    for (place, module) in MODULES.iter().enumerate() {
        let names = ["", ".xz"].map(|end| format!("{module}.ko{end}"));
        let mut find = Command::new("find");
        find.arg(&kernel.modules).args(["-name", &names[0], "-o", "-name", &names[1]]);
        let found = find.output()?;
        let Some(path) = String::from_utf8(found.stdout)?.lines().next().map(Path::new).map(Path::to_owned) else {
            continue;
        };
        let name = path.file_name().context("a module has a name")?.to_string_lossy().into_owned();
        fs::copy(&path, tree.join("modules").join(format!("{place:02}-{name}")))?;
    }
    let packed = folder.join("first.cpio");
    let script = format!("cd '{}' && find . | busybox cpio -o -H newc > '{}'", tree.display(), packed.display());
    done(Command::new("sh").args(["-c", &script]).stderr(std::process::Stdio::null()), "busybox with cpio")?;
    Ok(packed)
}

/// The busybox that needs no library.
pub(super) fn busybox() -> Result<std::path::PathBuf> {
    let found = Command::new("sh").args(["-c", "command -v busybox"]).output()?;
    Ok(String::from_utf8(found.stdout)?.trim().into())
}

/// Reads what the guest said, a line each.
fn told(text: &str) -> Vec<Told> {
    let line = |line: &str| {
        let mut parts = line.trim_end_matches('\r').splitn(3, '\t').map(str::to_owned);
        Some(Told { situation: parts.next()?, check: parts.next()?, text: parts.next()? })
    };
    text.lines().filter_map(line).collect()
}
