//! This program as the spawner of its jails, whole or as a test wants it to be.

use crate::jail::SPAWNER;
use anyhow::Result;
use std::ffi::OsString;
use std::sync::OnceLock;

/// How the spawners of this process are to be damaged: `without seccomp,landlock`, `step worker 7 1`, `call 435 12`.
static DAMAGE: OnceLock<String> = OnceLock::new();

/// The command that runs the spawner.
pub(crate) fn command() -> Result<Vec<OsString>> {
    let mut command = vec![std::env::current_exe()?.into(), SPAWNER.into()];
    command.extend(DAMAGE.get().filter(|damage| !damage.is_empty()).map(OsString::from));
    Ok(command)
}

/// Says how the spawners of this process are to be damaged.
#[cfg(feature = "ablation")]
pub(crate) fn damage(how: &str) -> Result<()> {
    DAMAGE.set(how.to_owned()).map_err(|_| anyhow::anyhow!("the spawner is damaged already"))?;
    // The host has a part in some layers too.
    if how.starts_with("without ") { apply(how) } else { Ok(()) }
}

/// The same where jails cannot be taken apart.
#[cfg(not(feature = "ablation"))]
pub(crate) fn damage(_how: &str) -> Result<()> {
    let _ = &DAMAGE;
    anyhow::bail!("jails cannot be taken apart in this build: cargo build -p outboard-attack --features ablation")
}

/// Is the spawner from here on.
pub(crate) fn run() -> ! {
    if let Some(how) = std::env::args().nth(2)
        && apply(&how).is_err()
    {
        std::process::exit(3)
    }
    outboard_sandbox::spawner_main()
}

#[cfg(feature = "ablation")]
fn apply(how: &str) -> Result<()> {
    use outboard_sandbox::ablation::{self, Fault};
    let words: Vec<&str> = how.split(' ').collect();
    match words[..] {
        ["without", parts] => ablation::leave_out(&parts.split(',').collect::<Vec<_>>())?,
        ["step", "copy", number, _] => ablation::spoil(number.parse()?),
        ["step", side, number, errno] => {
            ablation::fail(Fault { in_worker: side == "worker", number: number.parse()?, errno: errno.parse()? });
        }
        ["call", call, errno] => ablation::refuse(call.parse()?, errno.parse()?)?,
        _ => anyhow::bail!("no such damage: {how}"),
    }
    Ok(())
}

#[cfg(not(feature = "ablation"))]
fn apply(how: &str) -> Result<()> {
    anyhow::bail!("this build cannot do `{how}`")
}
