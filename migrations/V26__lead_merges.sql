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
CREATE INDEX lead_merges_email ON lead_merges (email_key) WHERE email_key <> '';
CREATE INDEX lead_merges_phone ON lead_merges (phone_key) WHERE phone_key <> '';
