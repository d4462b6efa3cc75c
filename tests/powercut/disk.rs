//! What a disk may hold when the power goes, from a record of what was written to it.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

/// Marks that the test puts among the recorder's: the burst begins, a lead was acknowledged.
pub const BEGIN: u8 = b'B';
pub const ACKNOWLEDGED: u8 = b'A';

const HEAD: usize = 18;
/// A disk writes sectors whole.
const SECTOR: usize = 512;

/// Appends a mark. One write in append mode: it stands whole, in order with the recorder's.
pub fn mark(journal: &Path, operation: u8, number: u64) {
    let mut head = [0; HEAD];
    head[0] = operation;
    head[2..10].copy_from_slice(&number.to_le_bytes());
    let mut file = std::fs::File::options().append(true).open(journal).unwrap();
    file.write_all(&head).unwrap();
}

/// Which syncs of the WAL count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    /// All of them.
    AsMade,
    /// Only those that `synchronous=NORMAL` makes: around a checkpoint.
    OnlyWhenFolded,
}

/// One recorded operation.
struct Record {
    operation: u8,
    file: u8,
    offset: u64,
    bytes: Vec<u8>,
}

/// A recorded burst.
pub struct Journal {
    records: Vec<Record>,
}

/// A disk after the power came back.
pub struct Image {
    pub database: Vec<u8>,
    pub wal: Vec<u8>,
    /// What had been acknowledged before the power went.
    pub acknowledged: HashSet<u64>,
}

/// One file: what is surely on the disk, and what was written since.
#[derive(Default)]
struct File<'a> {
    durable: Vec<u8>,
    pending: Vec<&'a Record>,
}

impl<'a> File<'a> {
    fn take(&mut self, record: &'a Record) {
        match record.operation {
            b'S' => {
                for record in self.pending.drain(..) {
                    apply(&mut self.durable, record, |_| true);
                }
            }
            b'U' => *self = Self::default(),
            _ => self.pending.push(record),
        }
    }

    /// The file as it may be found: each write since the last sync there, missing or torn. One time in four
    /// all of them are missing, the likeliest loss.
    fn found(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let none = dice.roll(4) == 0;
        for record in self.pending.iter().filter(|_| !none) {
            match dice.roll(3) {
                0 => {}
                1 => apply(&mut bytes, record, |_| true),
                _ => apply(&mut bytes, record, |_| dice.roll(2) == 0),
            }
        }
        bytes
    }
}

/// Does a write sector by sector, those that `keep` says, or a truncation.
fn apply(bytes: &mut Vec<u8>, record: &Record, mut keep: impl FnMut(usize) -> bool) {
    let start = usize::try_from(record.offset).unwrap();
    if record.operation == b'T' {
        bytes.resize(start, 0);
        return;
    }
    for (index, sector) in record.bytes.chunks(SECTOR).enumerate() {
        if keep(index) {
            let at = start + index * SECTOR;
            if bytes.len() < at + sector.len() {
                bytes.resize(at + sector.len(), 0);
            }
            bytes[at..at + sector.len()].copy_from_slice(sector);
        }
    }
}

fn is_head(record: &Record) -> bool {
    (record.operation, record.file, record.offset) == (b'W', b'w', 0)
}

/// Repeatable chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

impl Journal {
    pub fn read(file: &Path) -> Self {
        let bytes = std::fs::read(file).unwrap();
        let mut records = Vec::new();
        let mut rest = bytes.as_slice();
        // The kill may have cut the last record.
        while let Some((head, tail)) = rest.split_first_chunk::<HEAD>() {
            let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
            let length = if head[0] == b'W' { usize::try_from(number(10)).unwrap() } else { 0 };
            let Some((data, next)) = tail.split_at_checked(length) else { break };
            records.push(Record {
                operation: head[0],
                file: head[1],
                offset: number(2),
                bytes: data.to_vec(),
            });
            rest = next;
        }
        Self { records }
    }

    /// Shows the disk after a cut at each of `count` moments spread over the burst.
    pub fn images(&self, syncs: Syncs, count: usize, mut show: impl FnMut(&Image)) {
        let begin = self.records.iter().position(|record| record.operation == BEGIN).unwrap();
        let moments = self.records.len() - begin;
        assert!(moments > count, "only {moments} records");
        let (mut database, mut wal) = (File::default(), File::default());
        let mut acknowledged = HashSet::new();
        let mut shown = 0;
        for (index, record) in self.records.iter().enumerate() {
            match (record.operation, record.file) {
                (ACKNOWLEDGED, _) => {
                    acknowledged.insert(record.offset);
                }
                (BEGIN, _) => {}
                (b'S', b'w') if syncs == Syncs::OnlyWhenFolded => {
                    // Before the WAL is folded in, and when it begins anew: what stands at 0 is its head.
                    let is_write = |record: &&Record| record.file != 0;
                    let (before, after) = (&self.records[..index], &self.records[index + 1..]);
                    let begins = before.iter().rfind(is_write).is_some_and(is_head);
                    let folds = after.iter().find(is_write).is_some_and(|next| next.file == b'd');
                    if begins || folds {
                        wal.take(record);
                    }
                }
                (_, b'w') => wal.take(record),
                _ => database.take(record),
            }
            if index >= begin && (index - begin + 1) * count / moments > shown {
                shown += 1;
                let mut dice = Dice(index as u64);
                show(&Image {
                    database: database.found(&mut dice),
                    wal: wal.found(&mut dice),
                    acknowledged: acknowledged.clone(),
                });
            }
        }
    }
}
