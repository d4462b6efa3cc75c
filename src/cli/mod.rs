//! The command line: one file for each command.

mod backup;
mod check;
mod healthcheck;
mod import;
mod migrate;
mod serve;
mod supervisor;
mod user;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A CRM for leads from anywhere, in one executable.
#[derive(Debug, Parser)]
#[command(name = "leads", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: the page, the API and the webhooks
    Serve(crate::config::ServeArgs),
    /// Ask a running server whether it is ready; exit 0 if so, else 1 (for containers)
    Healthcheck(crate::config::HealthcheckArgs),
    Migrate(migrate::MigrateArgs),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Check(check::CheckArgs),
    User(user::UserArgs),
    Token(user::TokenArgs),
    Import(import::ImportArgs),
    /// Print the description of the API (OpenAPI, JSON)
    Openapi,
}

/// Why a command failed: what to tell the person, and the exit code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// Exit code 1 with a sentence.
    pub fn new(message: impl std::fmt::Display) -> Self {
        Self::with_code(1, message)
    }

    /// An exit code of its own.
    pub fn with_code(code: u8, message: impl std::fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }
}

impl From<crate::platform::Error> for Failure {
    fn from(error: crate::platform::Error) -> Self {
        Self::new(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

impl From<crate::platform::db::migrate::Refusal> for Failure {
    fn from(refusal: crate::platform::db::migrate::Refusal) -> Self {
        use crate::platform::db::migrate::Refusal;
        let code = match refusal {
            Refusal::Foreign(_) => 4,
            Refusal::Newer { .. } => 3,
            Refusal::Failed(_) => 1,
        };
        Self::with_code(code, refusal)
    }
}

impl From<crate::platform::lock::Refusal> for Failure {
    fn from(refusal: crate::platform::lock::Refusal) -> Self {
        use crate::platform::lock::Refusal;
        let code = match refusal {
            Refusal::Held => 5,
            Refusal::Network => 6,
            Refusal::Failed(_) => 1,
        };
        Self::with_code(code, refusal)
    }
}

/// Reads the command line and carries it out. Exit codes: 0 done, 1 failed, 2 bad usage, 3 a newer
/// database, 4 a foreign file, 5 another process, 6 a network file system.
pub fn run() -> ExitCode {
    // What is written is for its owner's eyes only.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let outcome = match Cli::parse().command {
        Command::Serve(args) => serve::run(args),
        Command::Healthcheck(args) => healthcheck::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Check(args) => check::run(&args),
        Command::User(args) => user::user(args),
        Command::Token(args) => user::token(args),
        Command::Import(args) => import::run(args),
        Command::Openapi => describe_api(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say_error(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn describe_api() -> Result<(), Failure> {
    let text = crate::server::openapi::describe().to_pretty_json().map_err(Failure::new)?;
    say(text);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn say_error(message: &str) {
    eprintln!("leads: {message}");
}

/// Tells the person; a server does not stop because the terminal is gone.
fn say(message: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
