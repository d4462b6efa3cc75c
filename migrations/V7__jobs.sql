-- What is to be done later, and when. A row is written in the transaction of whatever it serves, and deleted in
-- the transaction that records the outcome, so work is neither lost nor done for something that never happened.
-- The executor keeps a file of its own that may vanish at any time: this table alone decides.
--
-- AUTOINCREMENT: an id never comes back, so that what is left over from a deleted row can touch no other.
CREATE TABLE due_jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    queue TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    -- Given to the executor, and taken up by a handler.
    handed_at INTEGER,
    claimed_at INTEGER CHECK (claimed_at IS NULL OR handed_at IS NOT NULL),
    -- Grows with each turn; whoever holds an older one is too late.
    generation INTEGER NOT NULL DEFAULT 1,
    -- How often a handler asked for another turn, and how often one ended without a word.
    tries INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, subject)
) STRICT;

CREATE INDEX due_jobs_waiting ON due_jobs (queue, due_at) WHERE handed_at IS NULL;
CREATE INDEX due_jobs_handed ON due_jobs (handed_at) WHERE handed_at IS NOT NULL;

-- The latest moment at which jobs were handed out: a machine without a clock of its own may start in the past.
CREATE TABLE due_jobs_clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seen_at INTEGER NOT NULL
) STRICT;

INSERT INTO due_jobs_clock (one, seen_at) VALUES (1, 0);
