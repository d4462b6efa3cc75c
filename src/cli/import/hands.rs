//! Who carries an import out, and how far it is.

use crate::auth::Caller;
use crate::cli::Failure;
use crate::cli::user::Installation;
use crate::config::DataArgs;
use crate::imports::{self, Import, ImportId};
use crate::platform::app::Settings;
use crate::platform::db::{Db, migrate};
use crate::platform::lock::{DataDir, Refusal};
use crate::platform::secret::Vault;
use crate::platform::{App, Clock};
use crate::server;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often a server that works is asked how far it is.
const LOOKS: Duration = Duration::from_millis(300);

/// Who carries an import out.
pub(super) enum Hands {
    /// This process: there is no server.
    Ours { app: Box<App>, _held: DataDir },
    /// The server that has the data directory.
    Servers(Installation),
}

impl Hands {
    pub(super) fn take(data: &DataArgs) -> Result<Self, Failure> {
        match DataDir::take(&data.data) {
            Ok(directory) => {
                let file = directory.database();
                migrate::run(&file)?;
                let settings = Settings { data: data.data.clone(), ..Settings::default() };
                let vault = Vault::open(&data.key_file())?;
                let app = App::open(&file, Clock::System, vault, settings, server::extras())?;
                Ok(Self::Ours { app: Box::new(app), _held: directory })
            }
            Err(Refusal::Held) => Ok(Self::Servers(Installation::open(data)?)),
            Err(refusal) => Err(refusal.into()),
        }
    }

    pub(super) fn db(&self) -> &Db {
        match self {
            Self::Ours { app, .. } => &app.db,
            Self::Servers(there) => &there.db,
        }
    }

    /// Has what was begun done, and tells how far it is.
    pub(super) fn carry_out(&self, by: &Caller, id: ImportId) -> Result<Import, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (told, mut shown) = (Instant::now(), Shown::default());
        if let Self::Ours { app, .. } = self {
            let (app, worker) = ((**app).clone(), runtime.handle().clone());
            worker.spawn(async move {
                while let Ok(Some(at)) = imports::advance(&app, id).await
                    && at <= app.clock.now()
                {}
            });
        }
        loop {
            let import = self.db().read_blocking(|db| imports::get(db, by.workspace, id))?;
            if !import.status.is_at_work() {
                shown.end();
                return Ok(import);
            }
            shown.show(&import, told.elapsed());
            std::thread::sleep(LOOKS);
        }
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        if let Self::Ours { app, .. } = self {
            app.db.close();
        }
    }
}

/// What was told on standard error.
#[derive(Default)]
struct Shown {
    line: Option<Instant>,
}

impl Shown {
    /// On a terminal one line that changes, else a line now and then.
    #[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
    fn show(&mut self, import: &Import, since: Duration) {
        let is_terminal = std::io::stderr().is_terminal();
        let pause = if is_terminal { LOOKS } else { Duration::from_secs(5) };
        if self.line.is_some_and(|line| line.elapsed() < pause) || since < LOOKS {
            return;
        }
        self.line = Some(Instant::now());
        let end = if is_terminal { "\r" } else { "\n" };
        eprint!("{} of {} rows{end}", import.cursor, import.rows);
    }

    #[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
    fn end(&self) {
        if self.line.is_some() && std::io::stderr().is_terminal() {
            eprintln!();
        }
    }
}
