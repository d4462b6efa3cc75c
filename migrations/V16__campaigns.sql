-- Campaigns: one approved template to one audience. What a person sets stands here, how far it has come in
-- campaign_progress, since that changes with each message.
CREATE TABLE campaigns (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    template_id BLOB CHECK (length(template_id) = 16),
    audience_id BLOB CHECK (length(audience_id) = 16),
    -- Its name, since a deleted audience is gone for good after a while.
    audience_name TEXT,
    -- What the template's variables stand for: read and written whole, and never searched.
    mapping TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(mapping)),
    scheduled_at INTEGER,
    rate_per_minute INTEGER CHECK (rate_per_minute > 0),
    quiet_hours TEXT CHECK (json_valid(quiet_hours)),
    status TEXT NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'scheduled', 'sending', 'paused', 'completed', 'cancelled')),
    -- Why it was paused by itself.
    reason TEXT,
    -- Who had it sent, the address at which people reached this installation then (for links in messages, where no
    -- public address is set), what carried the channel, and the version of the template: what is sent is what
    -- somebody looked at.
    actor TEXT CHECK (json_valid(actor)),
    base_url TEXT,
    provider TEXT,
    template_version INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    deleted_at INTEGER,
    CHECK (status <> 'scheduled' OR scheduled_at IS NOT NULL)
) STRICT;

CREATE INDEX campaigns_newest ON campaigns (workspace_id) WHERE deleted_at IS NULL;
CREATE INDEX campaigns_workspace ON campaigns (workspace_id);
CREATE INDEX campaigns_audience ON campaigns (audience_id) WHERE audience_id IS NOT NULL;
CREATE INDEX campaigns_open ON campaigns (status) WHERE status IN ('scheduled', 'sending');

-- How far a campaign has come. It walks the audience by its marks from `after` to `upto`, the greatest there was
-- when it started; both move with what they stand for, in one transaction. The numbers are kept with each message,
-- so that progress is read from one row.
CREATE TABLE campaign_progress (
    campaign_id BLOB PRIMARY KEY REFERENCES campaigns (id) ON DELETE CASCADE,
    after INTEGER NOT NULL DEFAULT 0,
    upto INTEGER NOT NULL DEFAULT 0,
    is_walked INTEGER NOT NULL DEFAULT 0 CHECK (is_walked IN (0, 1)),
    -- The moment of the next message that the rate allows, in microseconds.
    next_at INTEGER NOT NULL DEFAULT 0,
    -- With so few messages on their way, more are written.
    low INTEGER NOT NULL DEFAULT 0,
    -- Quiet hours hold everything back until then.
    held_until INTEGER,
    -- Open pages are told by a job that is on its way.
    is_telling INTEGER NOT NULL DEFAULT 0 CHECK (is_telling IN (0, 1)),
    -- How many the audience has; NULL until they are counted.
    total INTEGER,
    waiting INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    unsubscribed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_skips (
    campaign_id BLOB NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, reason)
) STRICT, WITHOUT ROWID;

-- Each member that a campaign has come to, once: its message and how that stands, or why there is none. One that
-- waits for the end of quiet hours (`due_at`) has no message yet.
CREATE TABLE campaign_recipients (
    seq INTEGER PRIMARY KEY,
    campaign_id BLOB NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    mark INTEGER NOT NULL,
    lead_id BLOB,
    contact_id BLOB,
    name TEXT NOT NULL,
    address TEXT,
    -- Of those who got a message: nobody gets two, in whatever spelling the address stands.
    address_key TEXT,
    message_id BLOB CHECK (length(message_id) = 16),
    outcome TEXT NOT NULL
        CHECK (outcome IN ('waiting', 'pending', 'sent', 'delivered', 'read', 'failed', 'skipped')),
    -- Why it was skipped or has failed: for programs (empty where there is nothing to say) and for people.
    reason TEXT NOT NULL DEFAULT '',
    detail TEXT,
    due_at INTEGER,
    unsubscribed_at INTEGER,
    UNIQUE (campaign_id, mark),
    CHECK ((outcome = 'waiting') = (due_at IS NOT NULL))
) STRICT;

-- By the address first: a wish to get no more messages finds the campaign that it answers.
CREATE UNIQUE INDEX campaign_recipients_address ON campaign_recipients (address_key, campaign_id)
    WHERE address_key IS NOT NULL;
CREATE UNIQUE INDEX campaign_recipients_message ON campaign_recipients (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX campaign_recipients_outcome ON campaign_recipients (campaign_id, outcome, reason);
CREATE INDEX campaign_recipients_due ON campaign_recipients (campaign_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX campaign_recipients_lead ON campaign_recipients (lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX campaign_recipients_contact ON campaign_recipients (contact_id) WHERE contact_id IS NOT NULL;

-- Campaigns whose messages are held: for now, or for good. Looked at when a message's turn comes, so that holding
-- them takes one row however many wait.
CREATE TABLE message_holds (
    campaign_id BLOB PRIMARY KEY CHECK (length(campaign_id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    is_final INTEGER NOT NULL CHECK (is_final IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX message_holds_workspace ON message_holds (workspace_id);
