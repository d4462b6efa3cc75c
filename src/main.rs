//! The executable `leads`: see [`leads::cli`].
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    leads::cli::run()
}
