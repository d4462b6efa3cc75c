-- Pipelines and their stages. `lead_count` is kept with each change of a lead rather than counted: a board
-- over a million leads shows its column heads at once.
CREATE TABLE lead_pipelines (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX lead_pipelines_workspace ON lead_pipelines (workspace_id, created_at);
CREATE UNIQUE INDEX lead_pipelines_default ON lead_pipelines (workspace_id) WHERE is_default = 1;

CREATE TABLE lead_pipeline_stages (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    pipeline_id BLOB NOT NULL REFERENCES lead_pipelines (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('open', 'won', 'lost')),
    position INTEGER NOT NULL,
    lead_count INTEGER NOT NULL DEFAULT 0 CHECK (lead_count >= 0)
) STRICT;

CREATE INDEX lead_pipeline_stages_order ON lead_pipeline_stages (pipeline_id, position);
