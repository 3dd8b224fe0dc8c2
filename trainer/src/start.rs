//! The settings that this program's libraries read only when they are loaded. Main thread, before anything else.

use anyhow::Result;
#[cfg(unix)]
use anyhow::bail;

/// Starts this program again with settings that its libraries read only at load time. OpenMP's threads otherwise spin as long as
/// they wait, which on a machine with other work makes training more than twice slower; that they spin for a moment
/// bridges the gap between two operators, which on an idle machine makes it a quarter faster. And glibc otherwise gives every
/// large tensor's memory back to the system, only to fetch it anew, which costs a tenth of the time.
///
/// # Errors
/// The system does not start it.
#[cfg(unix)]
pub fn start_with_settings() -> Result<()> {
    use std::os::unix::process::CommandExt;
    const SETTINGS: [(&str, &str); 4] = [
        ("GOMP_SPINCOUNT", "20000"),
        ("OMP_WAIT_POLICY", "passive"),
        ("MALLOC_TRIM_THRESHOLD_", "4294967296"),
        ("MALLOC_MMAP_THRESHOLD_", "1073741824"),
    ];
    let missing: Vec<_> = SETTINGS.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let program = std::env::current_exe()?;
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(missing).exec();
    bail!("cannot start again with the settings of OpenMP and malloc: {error}")
}

/// Elsewhere there is nothing to set.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn start_with_settings() -> Result<()> {
    Ok(())
}
