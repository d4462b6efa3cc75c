//! What the kernel says of a process.

use super::Outcome;
use std::time::{Duration, Instant};

/// Processor time so far, of all its threads, living and ended.
pub fn cpu(pid: u32) -> Outcome<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let field = |index: usize| -> Outcome<u64> {
        Ok(after_name.split_whitespace().nth(index).ok_or("a short stat")?.parse()?)
    };
    // Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms.
    Ok(Duration::from_millis(10 * (field(11)? + field(12)?)))
}

/// Waits until it has used no processor time for a while: what it put off (indexing) is done.
pub fn settle(pid: u32, longest: Duration) -> Outcome<()> {
    let (begun, mut last, mut quiet) = (Instant::now(), cpu(pid)?, 0);
    while quiet < 5 && begun.elapsed() < longest {
        std::thread::sleep(Duration::from_millis(40));
        let now = cpu(pid)?;
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
    }
    Ok(())
}

/// A line of `/proc/<pid>/status` in MB, as `VmRSS` and `RssAnon`.
pub fn memory(pid: u32, line: &str) -> Outcome<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = text.lines().find_map(|entry| entry.strip_prefix(line)?.strip_prefix(':'));
    let kilobytes = found.and_then(|rest| rest.split_whitespace().next()).ok_or("no such line")?;
    Ok(kilobytes.parse::<f64>()? / 1024.0)
}
