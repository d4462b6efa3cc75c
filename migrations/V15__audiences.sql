-- Audiences: whom campaigns write to. A live one is a filter that is asked anew each time. A fixed one has its
-- members here, each under a mark (1, 2, 3 …) that never changes and is never given again, so that a campaign
-- walks them in order and can go on where it stood. It is built in pieces and is nobody's to see before it is
-- `ready`; what a crash left half built is swept away. `member_count` is kept with each change.
CREATE TABLE audiences (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- What search looks into, folded.
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fixed', 'live')),
    source TEXT NOT NULL CHECK (source IN ('leads', 'contacts', 'file')),
    -- The names and values that lists are filtered by: of a live one, what it asks; of a fixed one, what it was
    -- made from.
    filter TEXT CHECK (json_valid(filter)),
    state TEXT NOT NULL CHECK (state IN ('building', 'ready')),
    member_count INTEGER NOT NULL DEFAULT 0,
    last_mark INTEGER NOT NULL DEFAULT 0,
    actor TEXT NOT NULL CHECK (json_valid(actor)),
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    CHECK (kind = 'fixed' OR filter IS NOT NULL)
) STRICT;

CREATE INDEX audiences_newest ON audiences (workspace_id) WHERE deleted_at IS NULL AND state = 'ready';
CREATE INDEX audiences_building ON audiences (updated_at) WHERE state = 'building';
CREATE INDEX audiences_deleted ON audiences (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX audiences_workspace ON audiences (workspace_id);

-- How members came to a fixed audience: what its page says of each of them.
CREATE TABLE audience_additions (
    audience INTEGER NOT NULL REFERENCES audiences (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('selected', 'filter', 'file')),
    file TEXT,
    actor TEXT NOT NULL CHECK (json_valid(actor)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (audience, number)
) STRICT, WITHOUT ROWID;

-- The members of a fixed audience. A lead or a contact is named by its id; a row of a file, which is neither,
-- stands here itself. One whose lead or contact is deleted is gone, and back when that is restored.
CREATE TABLE audience_members (
    audience INTEGER NOT NULL REFERENCES audiences (seq) ON DELETE CASCADE,
    mark INTEGER NOT NULL,
    addition INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('lead', 'contact', 'row')),
    person_id BLOB CHECK (length(person_id) = 16),
    row_number INTEGER,
    person TEXT CHECK (json_valid(person)),
    is_gone INTEGER NOT NULL DEFAULT 0 CHECK (is_gone IN (0, 1)),
    PRIMARY KEY (audience, mark),
    CHECK ((kind = 'row') = (person_id IS NULL)),
    CHECK ((kind = 'row') = (person IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- Nobody is in an audience twice; also finds the audiences of a lead that is deleted.
CREATE UNIQUE INDEX audience_members_person ON audience_members (person_id, audience)
    WHERE person_id IS NOT NULL;
