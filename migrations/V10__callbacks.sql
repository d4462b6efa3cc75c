-- What comes back from providers.
--
-- How many callbacks were taken, and how many told of a message that is not ours. Those refused are counted
-- in memory only: whoever has no signature shall not make us write.
CREATE TABLE message_callbacks (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    received INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, channel)
) STRICT, WITHOUT ROWID;

-- What became of an e-mail beyond its status. The whole row is its key, since providers repeat themselves
-- and only some of them number what they tell; '' stands for what is not told.
CREATE TABLE message_events (
    message_id BLOB NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    type TEXT NOT NULL
        CHECK (type IN ('delivered', 'bounced', 'complained', 'opened', 'clicked', 'unsubscribed')),
    user_agent TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',
    is_machine INTEGER NOT NULL CHECK (is_machine IN (0, 1)),
    PRIMARY KEY (message_id, at, type, user_agent, url)
) STRICT, WITHOUT ROWID;

-- The replies that were taken, so that a repeated callback makes no second entry on a timeline.
CREATE TABLE message_replies (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    provider_message_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, provider, provider_message_id)
) STRICT, WITHOUT ROWID;
