-- Templates, the messages made from them, and the addresses that must not be messaged.
--
-- `version` grows with each change; the content of a template at each version that changed it stands in
-- message_template_versions, so that what was sent can be traced when the template has moved on.
CREATE TABLE message_templates (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    status TEXT NOT NULL CHECK (status IN ('draft', 'pending', 'approved', 'rejected')),
    subject TEXT,
    body TEXT NOT NULL,
    html TEXT,
    language TEXT,
    provider_name TEXT,
    parameters TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(parameters)),
    variables TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(variables)),
    is_synced INTEGER NOT NULL DEFAULT 0 CHECK (is_synced IN (0, 1)),
    status_note TEXT,
    content_version INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE INDEX message_templates_workspace ON message_templates (workspace_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX message_templates_synced
    ON message_templates (workspace_id, channel, provider_name, language)
    WHERE is_synced = 1 AND deleted_at IS NULL;

CREATE TABLE message_template_versions (
    template_id BLOB NOT NULL REFERENCES message_templates (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    html TEXT,
    parameters TEXT NOT NULL CHECK (json_valid(parameters)),
    actor TEXT CHECK (json_valid(actor)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (template_id, version)
) STRICT;

-- One message to one recipient, whatever made it. `status` is what people see, `state` where the ledger
-- stands: the intent is committed as `queued`, the hand-over begins as `sending`, and only a recorded outcome
-- makes it `settled`. A `sending` row that a crash left behind becomes `uncertain`: nobody knows whether the
-- provider took it, so it is looked up and never sent again by itself.
-- `seq` is the order in which they were made: newest first needs no index of its own.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    origin TEXT NOT NULL CHECK (origin IN ('quick_send', 'automation', 'campaign')),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'sent', 'delivered', 'read', 'failed')),
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'uncertain', 'settled')),
    provider TEXT,
    provider_message_id TEXT,
    address TEXT NOT NULL,
    address_key TEXT NOT NULL,
    lead_id BLOB,
    contact_id BLOB,
    campaign_id BLOB,
    run_id BLOB,
    template_id BLOB,
    template_version INTEGER,
    error_code TEXT,
    error_message TEXT,
    tries INTEGER NOT NULL DEFAULT 0,
    -- The moment that the channel's pace gave this message, once it had to wait for one.
    slot_at INTEGER,
    sending_at INTEGER,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    delivered_at INTEGER,
    read_at INTEGER,
    failed_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    -- Half of the unsubscribe token; the other half is the id.
    token BLOB NOT NULL CHECK (length(token) = 16),
    actor TEXT NOT NULL CHECK (json_valid(actor)),
    recipient_name TEXT,
    provider_template TEXT CHECK (json_valid(provider_template)),
    subject TEXT,
    body TEXT NOT NULL,
    html TEXT
) STRICT;

CREATE INDEX messages_newest ON messages (workspace_id);
-- Serves each filter by channel, status and origin and all of them together: the few combinations are read
-- one by one, each in the order of `seq`, and merged.
CREATE INDEX messages_kind ON messages (workspace_id, channel, status, origin);
CREATE INDEX messages_lead ON messages (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX messages_campaign ON messages (campaign_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX messages_run ON messages (run_id) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX messages_provider ON messages (workspace_id, provider, provider_message_id)
    WHERE provider_message_id IS NOT NULL;
CREATE INDEX messages_in_flight ON messages (state) WHERE state IN ('sending', 'uncertain');

-- Finds messages by a piece of the recipient's name or address, folded; `rowid` is `messages.seq`.
CREATE VIRTUAL TABLE message_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = full, tokenize = "trigram case_sensitive 1"
);

-- When the next message of a channel may leave, in microseconds: the pace that its provider allows.
CREATE TABLE message_paces (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    next_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, channel)
) STRICT, WITHOUT ROWID;

-- Addresses that must not be messaged, matched by their normalised form.
CREATE TABLE suppressions (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    address_key TEXT NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL
        CHECK (reason IN ('unsubscribe', 'stop', 'hard_bounce', 'complaint', 'manual')),
    note TEXT,
    actor TEXT CHECK (json_valid(actor)),
    message_id BLOB,
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX suppressions_address ON suppressions (workspace_id, channel, address_key);
CREATE INDEX suppressions_newest ON suppressions (workspace_id, id);

-- When somebody wrote to us last: WhatsApp takes free text for 24 hours from then.
CREATE TABLE message_inbound (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    address_key TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, channel, address_key)
) STRICT, WITHOUT ROWID;
