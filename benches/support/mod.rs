//! What the benches share: the server under test in a process of its own, seeded data, a load generator,
//! and figures. Nothing here leaves the machine, and every run is bounded in count and time.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod baseline;
pub mod client;
pub mod load;
pub mod process;
pub mod program;
pub mod queries;
pub mod seed;
pub mod serve;
pub mod stand_in;
pub mod stats;
pub mod twilio;
pub mod words;

use std::path::{Path, PathBuf};

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a bench that cannot go on says.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The sizes of the base to measure with: `LEADS_BENCH_SIZES=10000,100000,1000000`, else small ones.
pub fn sizes() -> Outcome<Vec<u64>> {
    let text = setting("LEADS_BENCH_SIZES").unwrap_or_else(|| "10000,100000".into());
    Ok(text.split(',').map(|size| size.trim().parse()).collect::<Result<_, _>>()?)
}

/// How many rounds to take the median of: `LEADS_BENCH_ROUNDS`.
pub fn rounds(default: usize) -> Outcome<usize> {
    Ok(setting("LEADS_BENCH_ROUNDS").map_or(Ok(default), |text| text.parse())?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bench has no config.rs; cargo passes no arguments on"
)]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where seeds and working copies are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench")
}

/// A working copy of a data directory, gone when dropped.
pub struct Copy(PathBuf);

impl Copy {
    /// Copies the seed of that size, and waits until it is on disk, so that the kernel does not write it
    /// back while something is measured.
    pub fn of(size: u64) -> Outcome<Self> {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let seed = seed::prepared(size)?;
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let path = folder().join(format!("run-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        let copy = Self(path);
        let file = copy.path().join("leads.db");
        std::fs::copy(seed.join("leads.db"), &file)?;
        std::fs::File::options().write(true).open(&file)?.sync_all()?;
        Ok(copy)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
