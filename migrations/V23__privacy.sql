-- What one person may ask for: all that is known of them, and that it goes.
--
-- One row for each export and erasure, for good: who did it, when, and how much there was, with a hash of the person
-- instead of the person. `person` (their addresses and the ids of what is theirs) is there only while it is needed:
-- until an erasure is done, or for an hour after an export was asked for. `stage` and `place` say how far an erasure
-- has come, so that it goes on after a crash.
CREATE TABLE privacy_requests (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('export', 'erasure')),
    state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'completed')),
    subject_hash TEXT NOT NULL,
    actor TEXT NOT NULL CHECK (json_valid(actor)),
    counts TEXT NOT NULL CHECK (json_valid(counts)),
    person TEXT CHECK (json_valid(person)),
    stage INTEGER NOT NULL DEFAULT 0,
    place INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX privacy_requests_newest ON privacy_requests (workspace_id, id);
CREATE INDEX privacy_requests_held ON privacy_requests (kind, created_at) WHERE person IS NOT NULL;

-- What was deleted is somebody's all the same, and is found by its addresses, too.
CREATE INDEX leads_email_gone ON leads (workspace_id, email_key) WHERE deleted_at IS NOT NULL AND email_key <> '';
CREATE INDEX leads_phone_gone ON leads (workspace_id, phone_key) WHERE deleted_at IS NOT NULL AND phone_key <> '';
CREATE INDEX contacts_email_gone ON contacts (workspace_id, email_key)
    WHERE deleted_at IS NOT NULL AND email_key <> '';
CREATE INDEX contacts_phone_gone ON contacts (workspace_id, phone_key)
    WHERE deleted_at IS NOT NULL AND phone_key <> '';
CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into IS NOT NULL;
