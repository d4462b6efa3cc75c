-- Addresses that take leads from outside. The key in the address is looked up by its SHA-256 and kept
-- sealed beside it, so that the page can show it again and a stolen file cannot be used with it.
CREATE TABLE lead_webhooks (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    key_hash BLOB NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    key_sealed BLOB NOT NULL,
    preset TEXT NOT NULL,
    field_mapping TEXT NOT NULL CHECK (json_valid(field_mapping)),
    on_duplicate TEXT NOT NULL CHECK (on_duplicate IN ('create', 'update', 'skip')),
    pipeline_id BLOB REFERENCES lead_pipelines (id) ON DELETE SET NULL,
    stage_id BLOB REFERENCES lead_pipeline_stages (id) ON DELETE SET NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    redirect_hosts TEXT NOT NULL CHECK (json_valid(redirect_hosts)),
    honeypot_field TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE INDEX lead_webhooks_workspace ON lead_webhooks (workspace_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX lead_webhooks_pipeline ON lead_webhooks (pipeline_id) WHERE pipeline_id IS NOT NULL;
CREATE INDEX lead_webhooks_stage ON lead_webhooks (stage_id) WHERE stage_id IS NOT NULL;

-- What changes with every request stands apart from what a person sets, in rows so narrow that a burst
-- rewrites one page. `number` is where the webhook's ring of deliveries begins.
CREATE TABLE lead_webhook_stats (
    webhook_id BLOB PRIMARY KEY REFERENCES lead_webhooks (id) ON DELETE CASCADE,
    number INTEGER NOT NULL UNIQUE,
    deliveries INTEGER NOT NULL DEFAULT 0,
    total_received INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    last_received_at INTEGER
) STRICT, WITHOUT ROWID;

-- The last 100 deliveries of each webhook, as a ring: delivery n stands at place number * 100 + n % 100 and
-- takes the place of delivery n - 100. So nothing ever has to be counted or swept.
CREATE TABLE lead_webhook_deliveries (
    place INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK (length(id) = 16),
    sequence INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    outcome TEXT NOT NULL
        CHECK (outcome IN ('created', 'updated', 'skipped', 'ping', 'rejected', 'discarded')),
    status INTEGER NOT NULL,
    lead_id BLOB,
    lead_name TEXT,
    content_type TEXT,
    recognized_as TEXT,
    size_bytes INTEGER NOT NULL,
    detail TEXT,
    topic TEXT,
    is_form INTEGER NOT NULL CHECK (is_form IN (0, 1)),
    replayed_at INTEGER,
    payload TEXT NOT NULL
) STRICT;

-- The log goes with its webhook, also when a workspace takes it along; the next webhook may get its number.
CREATE TRIGGER lead_webhook_deliveries_go AFTER DELETE ON lead_webhook_stats BEGIN
    DELETE FROM lead_webhook_deliveries WHERE place >= OLD.number * 100 AND place < OLD.number * 100 + 100;
END;
