-- Files that leads are read from. `cursor` says how many rows of the table are done; it moves in the transaction that
-- writes what they became, so a crash at any moment leaves an import that goes on where it stood. What changes with
-- each piece is narrow; what a person sets stands in `lead_import_sheets`. `columns_key` is the hash of the names of
-- the columns: the same table the next month is mapped as it was the last time.
CREATE TABLE lead_imports (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    actor TEXT NOT NULL CHECK (json_valid(actor)),
    status TEXT NOT NULL CHECK (status IN
        ('draft', 'checking', 'importing', 'completed', 'cancelled', 'failed', 'undoing', 'undone')),
    file_name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    columns_key BLOB NOT NULL CHECK (length(columns_key) = 32),
    rows INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    -- Of an undo: the lead that it has come to, and what became of them.
    undo_after BLOB,
    deleted INTEGER NOT NULL DEFAULT 0,
    restored INTEGER NOT NULL DEFAULT 0,
    kept INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    undone_at INTEGER,
    undone_by TEXT CHECK (json_valid(undone_by))
) STRICT;

CREATE INDEX lead_imports_workspace ON lead_imports (workspace_id, created_at DESC, id DESC);
CREATE INDEX lead_imports_columns ON lead_imports (workspace_id, columns_key, created_at DESC);

-- How the file is written, what is in it, and what shall be done with it.
CREATE TABLE lead_import_sheets (
    import_id BLOB PRIMARY KEY REFERENCES lead_imports (id) ON DELETE CASCADE,
    form TEXT NOT NULL CHECK (json_valid(form)),
    columns TEXT NOT NULL CHECK (json_valid(columns)),
    samples TEXT NOT NULL CHECK (json_valid(samples)),
    mapping TEXT NOT NULL CHECK (json_valid(mapping)),
    options TEXT NOT NULL CHECK (json_valid(options)),
    findings TEXT CHECK (json_valid(findings))
) STRICT, WITHOUT ROWID;

-- What an import did to which lead, for 30 days: `former` holds the values that it replaced (absent: it made the
-- lead), `version` the lead's right after. An undo puts back only what still has that version; `kept` says why not.
CREATE TABLE lead_import_changes (
    import_id BLOB NOT NULL REFERENCES lead_imports (id) ON DELETE CASCADE,
    lead_id BLOB NOT NULL CHECK (length(lead_id) = 16),
    version INTEGER NOT NULL,
    former TEXT,
    kept TEXT CHECK (kept IN ('changed', 'deleted', 'has_note')),
    PRIMARY KEY (import_id, lead_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lead_import_changes_kept ON lead_import_changes (import_id, lead_id) WHERE kept IS NOT NULL;

-- Rows that became no lead, as they were, for 30 days.
CREATE TABLE lead_import_rejected (
    import_id BLOB NOT NULL REFERENCES lead_imports (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    cells TEXT NOT NULL CHECK (json_valid(cells)),
    PRIMARY KEY (import_id, number)
) STRICT;
