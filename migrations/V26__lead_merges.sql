-- Merging leads, with an undo; and finding likely duplicates.
--
-- Where a lead that went into another has gone. It is deleted like any other, its row stays as it was, and so its old
-- address can say where it is now.
ALTER TABLE leads ADD COLUMN merged_into BLOB CHECK (length(merged_into) = 16);
CREATE INDEX leads_merged ON leads (merged_into) WHERE merged_into IS NOT NULL;

-- What an undo needs: the fields of the lead that stayed, before and right after, and what moved with the other one
-- (`moved`: notes, entries of the timeline, and what other parts moved, by their ids). The keys are those of an
-- address that gave way: it is still this person's. Rows go when nobody can take them back.
CREATE TABLE lead_merges (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    lead_id BLOB NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
    other_id BLOB NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
    before TEXT NOT NULL CHECK (json_valid(before)),
    after TEXT NOT NULL CHECK (json_valid(after)),
    moved TEXT NOT NULL CHECK (json_valid(moved)),
    email_key TEXT NOT NULL DEFAULT '',
    phone_key TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX lead_merges_lead ON lead_merges (lead_id, id);
CREATE UNIQUE INDEX lead_merges_other ON lead_merges (other_id);
CREATE INDEX lead_merges_workspace ON lead_merges (workspace_id);
CREATE INDEX lead_merges_age ON lead_merges (created_at);
CREATE INDEX lead_merges_email ON lead_merges (email_key) WHERE email_key <> '';
CREATE INDEX lead_merges_phone ON lead_merges (phone_key) WHERE phone_key <> '';

-- Likely duplicates share an e-mail address or a phone number, which `leads` has indexes of, or have similar names at
-- one company: `lead_sort_keys` holds the key of that as field 4, written like the others when nobody waits. Leads up
-- to `unlike_to` that were indexed before there was such a key get theirs afterwards, from the newest to the oldest.
ALTER TABLE lead_search_state ADD COLUMN unlike_to INTEGER NOT NULL DEFAULT 0;
UPDATE lead_search_state SET unlike_to = indexed_to;

-- Pairs of leads of which somebody has said that they are not the same person, the smaller id first.
CREATE TABLE lead_distinct (
    low_id BLOB NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
    high_id BLOB NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lead_distinct_high ON lead_distinct (high_id);

-- Addresses that more leads share than can be looked through pair by pair (info@ of a large company), and of which
-- somebody has said so; by their SHA-256, since an address is a person's.
CREATE TABLE lead_shared_addresses (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, hash)
) STRICT, WITHOUT ROWID;
