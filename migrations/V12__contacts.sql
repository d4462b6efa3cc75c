-- Contacts: people who became customers. `seq` is the order in which they were made. `kind` says in one small
-- number which platform a contact has and whether it has an e-mail address and a phone number: lists read the
-- few kinds that a filter leaves open one by one, each in the wanted order, and merge them, so that any filter
-- with any order costs the same. The keys are what addresses are matched by and texts ordered by;
-- `search_text` is what search looks into, folded.
CREATE TABLE contacts (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    company TEXT,
    title TEXT,
    platform TEXT CHECK (platform IN ('email', 'sms', 'whatsapp')),
    custom_fields TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(custom_fields)),
    email_key TEXT NOT NULL DEFAULT '',
    phone_key TEXT NOT NULL DEFAULT '',
    name_key TEXT NOT NULL,
    company_key TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 15),
    search_text TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

-- An address is one contact's only.
CREATE UNIQUE INDEX contacts_email ON contacts (workspace_id, email_key)
    WHERE deleted_at IS NULL AND email_key <> '';
CREATE UNIQUE INDEX contacts_phone ON contacts (workspace_id, phone_key)
    WHERE deleted_at IS NULL AND phone_key <> '';
CREATE INDEX contacts_by_age ON contacts (workspace_id, kind) WHERE deleted_at IS NULL;
CREATE INDEX contacts_by_change ON contacts (workspace_id, kind, updated_at) WHERE deleted_at IS NULL;
CREATE INDEX contacts_by_name ON contacts (workspace_id, kind, name_key) WHERE deleted_at IS NULL;
CREATE INDEX contacts_by_email ON contacts (workspace_id, kind, email_key) WHERE deleted_at IS NULL;
CREATE INDEX contacts_by_company ON contacts (workspace_id, kind, company_key) WHERE deleted_at IS NULL;
CREATE INDEX contacts_purge ON contacts (workspace_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- Finds contacts by a piece of `search_text`; `rowid` is `contacts.seq`. The trigrams themselves serve
-- searches of one or two characters.
CREATE VIRTUAL TABLE contact_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = full, tokenize = "trigram case_sensitive 1"
);
CREATE VIRTUAL TABLE contact_search_trigrams USING fts5vocab (contact_search, row);

-- `lead_id` names the lead that a note was carried over from.
CREATE TABLE contact_notes (
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    id BLOB NOT NULL CHECK (length(id) = 16),
    value TEXT NOT NULL,
    author TEXT CHECK (json_valid(author)),
    lead_id BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (contact_id, id)
) STRICT, WITHOUT ROWID;

-- Which leads became which contact; a lead has at most one. `before` is the contact as it was, absent when the
-- conversion made it, and `version` the contact's right after: what an undo needs. A deleted lead is hidden.
CREATE TABLE contact_leads (
    lead_id BLOB PRIMARY KEY CHECK (length(lead_id) = 16),
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL,
    before TEXT CHECK (json_valid(before)),
    version INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL DEFAULT 0 CHECK (is_hidden IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_leads_contact ON contact_leads (contact_id, linked_at);

-- What a lead said otherwise than the contact that it became: kept until somebody uses or dismisses it.
-- `other_id` is the contact that already has such an address.
CREATE TABLE contact_differences (
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    id BLOB NOT NULL CHECK (length(id) = 16),
    field TEXT NOT NULL,
    display_name TEXT NOT NULL,
    value TEXT NOT NULL CHECK (json_valid(value)),
    lead_id BLOB,
    other_id BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (contact_id, id)
) STRICT, WITHOUT ROWID;

-- The custom fields ever seen on contacts of a workspace.
CREATE TABLE contact_custom_fields (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    display_name TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT, WITHOUT ROWID;
