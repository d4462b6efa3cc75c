-- Addresses of others that are told what happens to leads. The secret that signs is sealed as providers' secrets are;
-- after a rotation the former one signs too, for a day. `events` is a set of bits, so that whether anybody listens is
-- one look into one index.
CREATE TABLE outbound_webhooks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events INTEGER NOT NULL CHECK (events > 0),
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    -- Why it was switched off, unless a person did.
    off_reason TEXT CHECK (off_reason IN ('gone', 'failing', 'secret_lost', 'restored')),
    off_at INTEGER,
    secret_sealed BLOB NOT NULL,
    former_sealed BLOB,
    former_until INTEGER,
    -- How many attempts in a row came to nothing, since when, and until when it is left in peace for that.
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    rests_until INTEGER,
    delivered_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Its log goes in pieces, then the row.
    deleted_at INTEGER,
    CHECK (is_active = 0 OR off_reason IS NULL),
    CHECK ((former_sealed IS NULL) = (former_until IS NULL))
) STRICT;

CREATE INDEX outbound_webhooks_workspace ON outbound_webhooks (workspace_id, number);
CREATE INDEX outbound_webhooks_deleted ON outbound_webhooks (deleted_at) WHERE deleted_at IS NOT NULL;

-- One event for one outbound webhook. Written with the change that it tells of, narrow, since an import may write very
-- many: the body is made when it is sent first, and kept then, so that each further try and each replay says the same.
CREATE TABLE outbound_webhook_deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The receiver knows a repeat by it.
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    webhook INTEGER NOT NULL REFERENCES outbound_webhooks (number) ON DELETE CASCADE,
    type TEXT NOT NULL,
    lead_id BLOB CHECK (lead_id IS NULL OR length(lead_id) = 16),
    message_id BLOB CHECK (message_id IS NULL OR length(message_id) = 16),
    -- Who did it, and what was before.
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER CHECK ((next_at IS NULL) = (state <> 'waiting')),
    happened_at INTEGER NOT NULL,
    -- Of the last try.
    tried_at INTEGER,
    status INTEGER,
    took_ms INTEGER,
    answer TEXT,
    error TEXT,
    body TEXT,
    replayed_at INTEGER
) STRICT;

CREATE INDEX outbound_webhook_deliveries_log ON outbound_webhook_deliveries (webhook, state, seq);
CREATE INDEX outbound_webhook_deliveries_next ON outbound_webhook_deliveries (webhook, next_at, seq)
    WHERE state = 'waiting';
-- What waits of one lead goes one after the other; and what names a lead goes with it.
CREATE INDEX outbound_webhook_deliveries_lead ON outbound_webhook_deliveries (lead_id, webhook, seq);
