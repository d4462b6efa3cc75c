//! The job that works on an import. One job goes along with an import for all its life: it tries it, imports, undoes,
//! and deletes what is not needed any more.
//!
//! A thread of its own reads rows and makes them leads; the writer only writes. What is done stands in the rows of
//! the import, so a turn that is cut off is taken up by the next one where it stood.

use super::check::{self, Trial};
use super::piece::{self, Frame, Piece};
use super::survey::{self, Written};
use super::world::World;
use super::{
    DRAFT_DAYS, Import, ImportId, Sheet, Status, UNDO_DAYS, change, files, purge, row, store, undo,
};
use crate::auth::Caller;
use crate::platform::jobs::{self, Handler, Job, Queue, Turn};
use crate::platform::{App, Error, Result, Time, Tx};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const KIND: &str = "lead_import";

/// Works on imports.
pub const HANDLER: Handler = Handler::outside(KIND, Duration::from_secs(900), run);

/// How long one turn goes on; then another takes over.
const TURN: Duration = Duration::from_secs(300);
/// How often open pages are told how far it is.
const TELLS: Duration = Duration::from_millis(1000);
/// The rows of one transaction: as many as take the writer about so long, since ingest waits for it.
const ROWS: std::ops::RangeInclusive<usize> = 10..=400;
const PIECE_MILLIS: u64 = 12;
/// The most text of one piece in bytes.
const PIECE_BYTES: usize = 512 * 1024;
/// How often a fault is met before an import is given up.
const TRIES: u32 = 5;

const GONE: &str =
    "The file is no longer here, so the import cannot go on. What was imported can be undone.";
const FAULT: &str = "The server met a fault; its log tells more. What was imported can be undone.";

/// Has the job look at an import.
pub(super) fn schedule(tx: &Tx, id: ImportId, at: Time) -> Result<()> {
    jobs::schedule(tx, KIND, id.0, Queue::Import, at)
}

/// Has the job look at an import no more.
pub(super) fn unschedule(tx: &Tx, id: ImportId) -> Result<()> {
    jobs::cancel(tx, KIND, id.0)
}

/// Has what an undo needs deleted when it is too late for one.
pub fn keep_for_undo(tx: &Tx, import: &Import) -> Result<()> {
    let finished = import.finished_at.unwrap_or(tx.now());
    schedule(tx, import.id, finished.plus_days(UNDO_DAYS))
}

fn run(app: App, job: Job) -> Turn {
    Box::pin(async move {
        if let Err(error) = turn(&app, &job).await {
            tracing::error!(import = %job.subject, %error, "an import waits");
        }
    })
}

async fn turn(app: &App, job: &Job) -> Result<()> {
    let (id, claimed) = (ImportId(job.subject), job.clone());
    if !app.db.write(move |tx| jobs::claim(tx, &claimed)).await? {
        return Ok(());
    }
    let outcome = advance(app, id).await;
    let job = job.clone();
    match outcome {
        Ok(Some(at)) => app.db.write(move |tx| jobs::later(tx, &job, at)).await,
        Ok(None) => app.db.write(move |tx| jobs::finish(tx, &job)).await,
        Err(Error::Unavailable(seconds)) => {
            let pause = i64::try_from(seconds).unwrap_or(1) * 1_000;
            app.db.write(move |tx| jobs::later(tx, &job, tx.now().plus_millis(pause))).await
        }
        Err(error) => {
            tracing::error!(import = %id, %error, "an import met a fault");
            app.db
                .write(move |tx| {
                    if job.tries < TRIES {
                        return jobs::again(tx, &job, tx.now().plus_millis(10_000));
                    }
                    match piece::fail(tx, id, FAULT)? {
                        Some(import) => jobs::later(tx, &job, next(&import, tx.now())),
                        None => jobs::finish(tx, &job),
                    }
                })
                .await
        }
    }
}

/// When the job has to look at an import again.
fn next(import: &Import, now: Time) -> Time {
    match import.status {
        Status::Draft => import.created_at.plus_days(DRAFT_DAYS),
        Status::Checking | Status::Importing | Status::Undoing => now,
        _ => import.finished_at.unwrap_or(now).plus_days(UNDO_DAYS),
    }
}

/// Does what there is to do for an import, for a while; answers when there is more, if at all.
pub async fn advance(app: &App, id: ImportId) -> Result<Option<Time>> {
    let found = app.db.read(move |db| {
        let Some(import) = store::any(db, id)? else { return Ok(None) };
        let world = match World::load(db, import.workspace) {
            Ok(world) => world,
            // A deleted workspace: its imports go with it.
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let sheet = store::sheet(db, id)?;
        Ok(sheet.map(|sheet| (import, sheet, world)))
    });
    let Some((import, sheet, world)) = found.await? else {
        files::remove(&app.settings.data, id);
        return Ok(None);
    };
    let now = app.clock.now();
    match import.status {
        Status::Draft if import.created_at.plus_days(DRAFT_DAYS) <= now => {
            app.db.write(move |tx| store::delete(tx, id)).await?;
        }
        Status::Checking => try_out(app, &import, &sheet, world).await?,
        Status::Importing => import_rows(app, &import, &sheet, world).await?,
        Status::Undoing => put_back(app, id, world.country).await?,
        Status::Draft => {}
        _ if store::is_expired(&import, now) => {
            while app.db.write(move |tx| purge::forget_piece(tx, id)).await? {}
            files::remove(&app.settings.data, id);
            return Ok(None);
        }
        _ => {}
    }
    let after = app.db.read(move |db| store::any(db, id)).await?;
    if !after.as_ref().is_some_and(|import| import.status.needs_file()) {
        files::remove(&app.settings.data, id);
    }
    Ok(after.map(|import| next(&import, app.clock.now())))
}

/// What reads rows, in a thread of its own.
struct Reader {
    path: PathBuf,
    written: Written,
    frame: Arc<Frame>,
    /// How many rows a piece has.
    size: Arc<AtomicUsize>,
}

impl Reader {
    fn new(app: &App, import: &Import, sheet: &Sheet, world: World) -> Result<Self> {
        let country = world.country.clone();
        let by =
            Caller { actor: import.actor.clone(), ..Caller::system(import.workspace, &country) };
        let frame = Frame {
            by,
            plan: change::plan(world, sheet)?,
            options: sheet.options.clone(),
            file_name: import.file_name.clone(),
        };
        Ok(Self {
            path: files::file(&app.settings.data, import.id),
            written: sheet.written.clone(),
            frame: Arc::new(frame),
            size: Arc::new(AtomicUsize::new(*ROWS.start() * 4)),
        })
    }

    /// Begins to read behind so many rows.
    fn begin(self, from: u64) -> mpsc::Receiver<Result<Piece>> {
        let (sender, receiver) = mpsc::channel(2);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = self.read(from, &sender) {
                // Nobody listens when the turn is over.
                let _ = sender.blocking_send(Err(error));
            }
        });
        receiver
    }

    fn read(&self, mut from: u64, sender: &mpsc::Sender<Result<Piece>>) -> Result<()> {
        let plan = &self.frame.plan;
        let mut table = survey::open(&self.path, &self.written, plan.columns.len())?;
        table.pass_over(from)?;
        loop {
            let most = self.size.load(Ordering::Relaxed);
            let mut rows = Vec::with_capacity(most);
            let (mut bytes, mut is_last) = (0, false);
            while rows.len() < most && bytes < PIECE_BYTES {
                let Some(row) = table.read()? else {
                    is_last = true;
                    break;
                };
                bytes += row.cells.iter().map(String::len).sum::<usize>();
                let said = row::read(plan, &row);
                rows.push((row, said));
            }
            let count = rows.len() as u64;
            if sender.blocking_send(Ok(Piece { from, rows, is_last })).is_err() || is_last {
                return Ok(());
            }
            from += count;
        }
    }
}

async fn import_rows(app: &App, import: &Import, sheet: &Sheet, world: World) -> Result<()> {
    let id = import.id;
    let Some(reader) = reader(app, import, sheet, world).await? else { return Ok(()) };
    let (frame, size) = (reader.frame.clone(), reader.size.clone());
    let mut pieces = reader.begin(import.cursor);
    let began = Instant::now();
    let mut told: Option<Instant> = None;
    let taken = Arc::new(AtomicU64::new(0));
    while began.elapsed() < TURN
        && let Some(piece) = pieces.recv().await
    {
        let piece = Arc::new(piece?);
        let tells = told.is_none_or(|told| told.elapsed() >= TELLS);
        if tells {
            told = Some(Instant::now());
        }
        let (rows, is_last) = (piece.rows.len(), piece.is_last);
        let written = loop {
            let (frame, piece, taken) = (frame.clone(), piece.clone(), taken.clone());
            let write = move |tx: &Tx| {
                let began = Instant::now();
                let written = piece::write(tx, id, &frame, &piece, tells)?;
                let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                taken.store(micros, Ordering::Relaxed);
                Ok(written)
            };
            match app.db.write_repeatable(write).await {
                // Others wait for the writer as well.
                Err(Error::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
                written => break written?,
            }
        };
        if written.is_none() || is_last {
            return Ok(());
        }
        size.store(paced(rows, taken.load(Ordering::Relaxed)), Ordering::Relaxed);
    }
    Ok(())
}

/// How many rows the next piece has, when so many took the writer so many microseconds.
fn paced(rows: usize, micros: u64) -> usize {
    let wanted = u64::try_from(rows).unwrap_or(1) * PIECE_MILLIS * 1_000 / micros.max(1);
    let (least, most) = (*ROWS.start(), *ROWS.end());
    // Not more than twice as many at once: the next rows may be another sort.
    usize::try_from(wanted).unwrap_or(most).min(rows * 2).clamp(least, most)
}

/// What reads the file; `None` when it is gone, and then the import has failed.
async fn reader(app: &App, import: &Import, sheet: &Sheet, world: World) -> Result<Option<Reader>> {
    let id = import.id;
    let problem = match Reader::new(app, import, sheet, world) {
        Ok(reader) if reader.path.exists() => return Ok(Some(reader)),
        Ok(_) => GONE.to_owned(),
        Err(Error::Invalid(fields)) => {
            fields.first().map_or(FAULT.to_owned(), |field| field.message.clone())
        }
        Err(error) => return Err(error),
    };
    app.db.write(move |tx| piece::fail(tx, id, &problem)).await?;
    Ok(None)
}

async fn try_out(app: &App, import: &Import, sheet: &Sheet, world: World) -> Result<()> {
    let id = import.id;
    let Some(reader) = reader(app, import, sheet, world).await? else { return Ok(()) };
    reader.size.store(*ROWS.end(), Ordering::Relaxed);
    let mut trial = Trial::new(import.workspace, sheet.options.on_duplicate);
    let mut pieces = reader.begin(0);
    let (mut told, mut done) = (Instant::now(), 0);
    while let Some(piece) = pieces.recv().await {
        let piece = piece?;
        (done, trial) = app
            .db
            .read(move |db| {
                trial.look(db, &piece.rows)?;
                Ok((piece.from + piece.rows.len() as u64, trial))
            })
            .await?;
        if told.elapsed() >= TELLS {
            told = Instant::now();
            if app.db.write(move |tx| check::advance(tx, id, done)).await?.is_none() {
                return Ok(());
            }
        }
    }
    let findings = trial.findings;
    app.db.write(move |tx| check::finish(tx, id, findings)).await?;
    tracing::debug!(import = %id, rows = done, "a dry run is done");
    Ok(())
}

async fn put_back(app: &App, id: ImportId, country: String) -> Result<()> {
    let began = Instant::now();
    let mut told: Option<Instant> = None;
    while began.elapsed() < TURN {
        let tells = told.is_none_or(|told| told.elapsed() >= TELLS);
        if tells {
            told = Some(Instant::now());
        }
        let country = country.clone();
        let step = app.db.write_repeatable(move |tx| undo::piece(tx, id, &country, tells)).await;
        match step {
            Ok(Some(import)) if import.status == Status::Undoing => {}
            Ok(_) => return Ok(()),
            Err(Error::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_takes_the_writer_about_as_long_whatever_the_machine() {
        assert_eq!(paced(100, 12_000), 100);
        assert_eq!(paced(100, 1_000), 200, "twice as many at most");
        assert_eq!(paced(400, 1_000), 400, "the most");
        assert_eq!(paced(100, 48_000), 25);
        assert_eq!(paced(10, 1_000_000), 10, "the least");
        assert_eq!(paced(10, 0), 20);
    }
}
