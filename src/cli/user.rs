//! `leads user` and `leads token`: accounts and API tokens without a browser, also while the server runs.

use super::{Failure, say};
use crate::auth::{
    self, BuiltInRole, Caller, NewUser, Permission, Permissions, Workspace, tokens, workspaces,
};
use crate::config::DataArgs;
use crate::platform::db::{Db, Extras, migrate};
use crate::platform::events::Events;
use crate::platform::{Clock, Error, Time};
use clap::{Args, Subcommand};
use std::io::Read;

/// Add, list and disable accounts, set passwords
#[derive(Debug, Args)]
pub(super) struct UserArgs {
    #[command(subcommand)]
    action: UserAction,
}

#[derive(Debug, Subcommand)]
enum UserAction {
    /// Add an account; the first one makes its workspace too
    Add(AddArgs),
    /// List the accounts of a workspace
    List(Where),
    /// Set an account's password and end its sessions
    Password {
        #[command(flatten)]
        place: Where,
        /// The account's e-mail address
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Keep an account from signing in, and end its sessions
    Disable {
        #[command(flatten)]
        place: Where,
        /// The account's e-mail address
        #[arg(long, value_name = "ADDRESS")]
        email: String,
    },
    /// Let a disabled account sign in again
    Enable {
        #[command(flatten)]
        place: Where,
        /// The account's e-mail address
        #[arg(long, value_name = "ADDRESS")]
        email: String,
    },
}

#[derive(Debug, Args)]
struct AddArgs {
    #[command(flatten)]
    place: Where,
    /// Where the person signs in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Their name [default: the part of the address before the @]
    #[arg(long)]
    name: Option<String>,
    /// super_admin, admin, marketer, agent, or the id of an own role
    #[arg(long, default_value = "admin")]
    role: String,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, Args)]
struct PasswordArgs {
    /// Read the password from standard input, up to the first line end
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// Which installation and workspace.
#[derive(Debug, Args)]
struct Where {
    #[command(flatten)]
    data: DataArgs,
    /// The workspace's name or id [default: the only one]
    #[arg(long, value_name = "NAME|ID")]
    workspace: Option<String>,
}

/// Make, list and revoke API tokens
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    action: TokenAction,
}

#[derive(Debug, Subcommand)]
enum TokenAction {
    /// Make a token and print it; it is told only now
    Create {
        #[command(flatten)]
        place: Where,
        /// What the token is for
        #[arg(long)]
        name: String,
        /// What it may do, as in leads:view; give it several times
        #[arg(long = "permission", value_name = "PERMISSION", required = true)]
        permissions: Vec<String>,
        /// Until when it works, as in 2027-01-31T00:00:00Z [default: for ever]
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// List the tokens of a workspace
    List(Where),
    /// Revoke a token: from now on it proves nothing
    Revoke {
        #[command(flatten)]
        place: Where,
        /// The token's id, as `leads token list` shows it
        #[arg(value_name = "ID")]
        id: auth::TokenId,
    },
}

/// The installation, for as long as one command takes.
pub(super) struct Installation {
    pub(super) db: Db,
}

impl Installation {
    pub(super) fn open(data: &DataArgs) -> Result<Self, Failure> {
        let file = data.database();
        if !file.exists() {
            use std::os::unix::fs::DirBuilderExt;
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&data.data)?;
        }
        migrate::run(&file)?;
        let clock = Clock::System;
        let events = Events::new(clock.now().millis());
        Ok(Self { db: Db::open(&file, clock, events, Extras::default())? })
    }

    /// The workspace meant: the one named, or the only one.
    fn workspace(&self, named: Option<&str>) -> Result<Workspace, Failure> {
        workspace(&self.db.read_blocking(workspaces::all)?, named)
    }
}

/// The workspace meant: the one named, or the only one.
pub(super) fn workspace(all: &[Workspace], named: Option<&str>) -> Result<Workspace, Failure> {
    let fits = |workspace: &Workspace, name: &str| {
        workspace.name == name || workspace.id.to_string() == name
    };
    match (named, all) {
        (Some(name), _) => all
            .iter()
            .find(|workspace| fits(workspace, name))
            .cloned()
            .ok_or_else(|| Failure::new(format!("there is no workspace {name}"))),
        (None, [only]) => Ok(only.clone()),
        (None, []) => Err(Failure::new("there is no account yet; add one first")),
        (None, _) => Err(Failure::new("there are several workspaces; name one with --workspace")),
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.db.close();
    }
}

pub(super) fn user(args: UserArgs) -> Result<(), Failure> {
    match args.action {
        UserAction::Add(args) => add(args),
        UserAction::List(place) => list(&place),
        UserAction::Password { place, email, password } => {
            let hash = hash(&password)?;
            on_account(&place, &email, move |tx, user| auth::set_password(tx, user, &hash))?;
            say(format_args!("{email} has a new password."));
            Ok(())
        }
        UserAction::Disable { place, email } => {
            on_account(&place, &email, |tx, user| auth::set_active(tx, user, false))?;
            say(format_args!("{email} is disabled."));
            Ok(())
        }
        UserAction::Enable { place, email } => {
            on_account(&place, &email, |tx, user| auth::set_active(tx, user, true))?;
            say(format_args!("{email} is enabled."));
            Ok(())
        }
    }
}

fn add(args: AddArgs) -> Result<(), Failure> {
    let password_hash = hash(&args.password)?;
    let here = Installation::open(&args.place.data)?;
    let name =
        args.name.unwrap_or_else(|| args.email.split('@').next().unwrap_or_default().to_owned());
    let is_super_admin = args.role == BuiltInRole::SuperAdmin.id();
    let new = NewUser { name, email: args.email.clone(), password_hash, is_super_admin };
    let first = !here.db.read_blocking(auth::has_account)?;
    if first {
        if !is_super_admin {
            return Err(Failure::new("the first account must have --role super_admin"));
        }
        let name = args.place.workspace.unwrap_or_else(|| "My workspace".into());
        let workspace = workspaces::NewWorkspace { name, ..workspaces::NewWorkspace::default() };
        here.db
            .write_blocking(move |tx| auth::setup::first_account(tx, &new, &workspace).map(drop))?;
    } else {
        let workspace = here.workspace(args.place.workspace.as_deref())?;
        let by = system(&workspace);
        here.db.write_blocking(move |tx| auth::members::add(tx, &by, new, &args.role).map(drop))?;
    }
    say(format_args!("{} can sign in.", args.email));
    Ok(())
}

/// Whoever holds the data directory may do everything.
fn system(workspace: &Workspace) -> Caller {
    let caller = Caller::system(workspace.id, &workspace.default_country);
    Caller { is_super_admin: true, ..caller }
}

fn list(place: &Where) -> Result<(), Failure> {
    let here = Installation::open(&place.data)?;
    let workspace = here.workspace(place.workspace.as_deref())?;
    for account in here.db.read_blocking(|db| auth::accounts(db, workspace.id))? {
        say(account.join("\t"));
    }
    Ok(())
}

fn on_account(
    place: &Where,
    email: &str,
    change: impl FnOnce(&crate::platform::Tx, crate::platform::ids::UserId) -> Result<(), Error>
    + Send
    + 'static,
) -> Result<(), Failure> {
    let here = Installation::open(&place.data)?;
    let email = email.to_owned();
    here.db.write_blocking(move |tx| change(tx, auth::user_by_email(tx, &email)?))?;
    Ok(())
}

/// The hash of the password on standard input.
fn hash(args: &PasswordArgs) -> Result<String, Failure> {
    debug_assert!(args.password_stdin, "clap asks for the flag");
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text)?;
    let password = text.lines().next().unwrap_or_default();
    auth::check_password("password", password)?;
    Ok(auth::hash_password(password)?)
}

pub(super) fn token(args: TokenArgs) -> Result<(), Failure> {
    match args.action {
        TokenAction::Create { place, name, permissions, expires_at } => {
            create(&place, name, &permissions, expires_at.as_deref())
        }
        TokenAction::List(place) => list_tokens(&place),
        TokenAction::Revoke { place, id } => {
            let here = Installation::open(&place.data)?;
            let workspace = here.workspace(place.workspace.as_deref())?.id;
            here.db.write_blocking(move |tx| tokens::revoke(tx, workspace, id))?;
            say(format_args!("{id} is revoked."));
            Ok(())
        }
    }
}

fn create(
    place: &Where,
    name: String,
    permissions: &[String],
    expires_at: Option<&str>,
) -> Result<(), Failure> {
    let known = |name: &String| {
        let found = Permission::ALL.into_iter().find(|permission| permission.name() == name);
        found.ok_or_else(|| Failure::new(format!("there is no permission {name}")))
    };
    let permissions: Permissions = permissions.iter().map(known).collect::<Result<_, _>>()?;
    let expires_at = match expires_at {
        Some(text) => Some(Time::parse(text).ok_or_else(|| {
            Failure::new(format!("{text} is not a time; write it as 2027-01-31T00:00:00Z"))
        })?),
        None => None,
    };
    let here = Installation::open(&place.data)?;
    let by = system(&here.workspace(place.workspace.as_deref())?);
    let (_, text) = here
        .db
        .write_blocking(move |tx| tokens::create(tx, &by, &name, permissions, expires_at))?;
    say(text);
    Ok(())
}

fn list_tokens(place: &Where) -> Result<(), Failure> {
    let here = Installation::open(&place.data)?;
    let workspace = here.workspace(place.workspace.as_deref())?;
    for token in here.db.read_blocking(|db| tokens::list(db, workspace.id))? {
        let permissions: Vec<&str> = token.permissions.iter().map(Permission::name).collect();
        let until = token.expires_at.map_or("for ever".into(), Time::rfc3339);
        say(format_args!(
            "{}\t{}\t{}…\t{}\t{until}",
            token.id,
            token.name,
            token.prefix,
            permissions.join(",")
        ));
    }
    Ok(())
}
