//! The executable `leads`: see [`leads::cli`].

fn main() -> std::process::ExitCode {
    leads::cli::run()
}
