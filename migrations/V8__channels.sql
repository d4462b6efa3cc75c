-- What carries a channel of a workspace; without a row it is the sandbox. Secrets are kept sealed and apart
-- from the settings that may be shown. The token in the address of the provider's callbacks is found by its
-- SHA-256 and stays when the settings change, since it was given to the provider.
CREATE TABLE messaging_channels (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    provider TEXT NOT NULL CHECK (provider IN ('sandbox', 'smtp', 'twilio', 'meta')),
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    secrets_sealed BLOB NOT NULL,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    token_sealed BLOB NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, channel)
) STRICT, WITHOUT ROWID;
