-- Leads. `seq` is the order of arrival: newest first needs no index of its own, and the search index
-- speaks of leads by it. `position` orders the cards of a stage, with gaps (see leads/position.rs).
-- The keys are what e-mail addresses and phone numbers are matched by; the value as received stays.
CREATE TABLE leads (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    -- The pipeline of the stage: what refers to that needs no reference of its own.
    pipeline_id BLOB NOT NULL,
    stage_id BLOB NOT NULL REFERENCES lead_pipeline_stages (id),
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    company TEXT,
    title TEXT,
    email_key TEXT NOT NULL DEFAULT '',
    phone_key TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL CHECK (source IN ('manual', 'webhook', 'import', 'api')),
    score INTEGER NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    tags TEXT NOT NULL DEFAULT '[]',
    custom_fields TEXT NOT NULL DEFAULT '{}',
    assigned_to BLOB REFERENCES users (id) ON DELETE SET NULL,
    webhook_id BLOB,
    contact_id BLOB,
    converted_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

-- Deleted leads stand in it too: a stage that is removed has to find all that refer to it.
CREATE INDEX leads_board ON leads (stage_id, deleted_at, position);
CREATE INDEX leads_newest ON leads (workspace_id) WHERE deleted_at IS NULL;
CREATE INDEX leads_updated ON leads (workspace_id, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX leads_email ON leads (workspace_id, email_key) WHERE deleted_at IS NULL;
CREATE INDEX leads_phone ON leads (workspace_id, phone_key) WHERE deleted_at IS NULL;
CREATE INDEX leads_source ON leads (workspace_id, source) WHERE deleted_at IS NULL;
CREATE INDEX leads_score ON leads (workspace_id, score) WHERE deleted_at IS NULL;
-- Also what a user's deletion has to find; leads that nobody has take no place in it.
CREATE INDEX leads_assigned ON leads (assigned_to, workspace_id, deleted_at) WHERE assigned_to IS NOT NULL;
CREATE INDEX leads_purge ON leads (workspace_id, deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE lead_notes (
    lead_id BLOB NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
    id BLOB NOT NULL CHECK (length(id) = 16),
    value TEXT NOT NULL,
    author TEXT CHECK (json_valid(author)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (lead_id, id)
) STRICT, WITHOUT ROWID;

-- The custom fields and tags ever seen in a workspace, for filters and mappings.
CREATE TABLE lead_custom_fields (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    display_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_tags (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (workspace_id, tag)
) STRICT, WITHOUT ROWID;

-- The search index is filled just behind the commit, in small pieces, up to `indexed_to` (a `seq`); what
-- is newer is read by scan (leads/search.rs). Pieces of text by FTS5's trigrams; tags and custom fields
-- as hashed terms; the columns that lists are sorted by and that have no index on `leads`.
CREATE VIRTUAL TABLE lead_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = full, tokenize = "trigram case_sensitive 1"
);

-- The trigrams themselves, for searches of one or two characters.
CREATE VIRTUAL TABLE lead_search_trigrams USING fts5vocab (lead_search, row);

CREATE TABLE lead_terms (
    term INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (term, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_sort_keys (
    workspace_id BLOB NOT NULL,
    field INTEGER NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, field, key, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_search_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    indexed_to INTEGER NOT NULL
) STRICT;

INSERT INTO lead_search_state VALUES (1, 0);
