//! The executable `leads`: see [`leads::cli`].
#![forbid(unsafe_code)]

/// Taking a lead in is some two hundred small allocations on two threads, where this one is much faster than
/// the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    leads::cli::run()
}
