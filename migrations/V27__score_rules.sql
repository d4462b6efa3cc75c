-- Rules that score leads. `score` is what counts: the base that people, files and webhooks give, plus the points of
-- each rule that holds, from 0 to 100. `base_score` is absent where it is the same, as it is for every lead of a
-- workspace without rules; so this step touches no lead.
ALTER TABLE leads ADD COLUMN base_score INTEGER CHECK (base_score BETWEEN 0 AND 100);

CREATE TABLE lead_score_rules (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    condition TEXT NOT NULL CHECK (json_valid(condition)),
    points INTEGER NOT NULL CHECK (points BETWEEN -100 AND 100),
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX lead_score_rules_workspace ON lead_score_rules (workspace_id, created_at, id);

-- A row while leads are scored anew after a change of the rules: newest first, and those from `below` on are done. It
-- moves with what it writes, so a crash repeats nothing and leaves nothing out.
CREATE TABLE lead_score_work (
    workspace_id BLOB PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    below INTEGER NOT NULL,
    total INTEGER NOT NULL,
    done INTEGER NOT NULL,
    began_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
