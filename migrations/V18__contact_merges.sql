-- Merging contacts, with an undo; and what happened to a contact.
--
-- Where a contact that went into another has gone. It is deleted like any other, its row stays as it was, and so
-- its old address can say where it is now.
ALTER TABLE contacts ADD COLUMN merged_into BLOB CHECK (length(merged_into) = 16);

-- What an undo needs: the fields of the contact that stayed, before and right after, and what moved with the other
-- one (`moved`: leads, notes and differences by their ids). Rows go when nobody can take them back.
CREATE TABLE contact_merges (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    other_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    before TEXT NOT NULL CHECK (json_valid(before)),
    after TEXT NOT NULL CHECK (json_valid(after)),
    moved TEXT NOT NULL CHECK (json_valid(moved)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX contact_merges_contact ON contact_merges (contact_id, id);
CREATE UNIQUE INDEX contact_merges_other ON contact_merges (other_id);
CREATE INDEX contact_merges_age ON contact_merges (created_at);

-- The timeline of each contact, clustered like that of leads.
CREATE TABLE contact_activities (
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    id BLOB NOT NULL CHECK (length(id) = 16),
    type TEXT NOT NULL,
    actor TEXT CHECK (json_valid(actor)),
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (contact_id, id)
) STRICT, WITHOUT ROWID;

-- An address that is kept as a difference is this person's too: a later lead with it is the same contact. What
-- stands there already is matched where its form can be told here: by the program's own rules from now on.
ALTER TABLE contact_differences ADD COLUMN address_key TEXT NOT NULL DEFAULT '';
UPDATE contact_differences SET address_key = lower(trim(json_extract(value, '$')))
    WHERE field = 'email' AND json_type(value) = 'text';
UPDATE contact_differences SET address_key =
        replace(replace(replace(replace(replace(trim(json_extract(value, '$')), ' ', ''), '-', ''), '(', ''), ')', ''), '.', '')
    WHERE field = 'phone' AND json_type(value) = 'text' AND json_extract(value, '$') LIKE '+%';
CREATE INDEX contact_differences_address ON contact_differences (address_key, field) WHERE address_key <> '';

-- Which messages followed when one became another, so that they can go back. Rows go when no undo can ask for them.
CREATE TABLE message_moves (
    move_id BLOB NOT NULL CHECK (length(move_id) = 16),
    message_id BLOB NOT NULL CHECK (length(message_id) = 16),
    PRIMARY KEY (move_id, message_id)
) STRICT, WITHOUT ROWID;
