-- Saved views of leads: a filter, an order and columns under a name. The filter stands as the API takes it, since
-- what it names (a stage, a person) may be gone by the time it is used. What nobody owns was made by a program,
-- and is everybody's.
CREATE TABLE lead_views (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    owner_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    is_shared INTEGER NOT NULL CHECK (is_shared IN (0, 1)),
    name TEXT NOT NULL CHECK (name <> ''),
    kind TEXT NOT NULL CHECK (kind IN ('board', 'list')),
    filter TEXT NOT NULL CHECK (json_valid(filter)),
    sort TEXT CHECK (json_valid(sort)),
    columns TEXT NOT NULL CHECK (json_valid(columns)),
    position INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (is_shared = 1 OR owner_id IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX lead_views_workspace ON lead_views (workspace_id, position);
CREATE INDEX lead_views_owner ON lead_views (owner_id) WHERE owner_id IS NOT NULL;

-- How a person likes the list where no view says otherwise, and the view that they begin with. Kept here and not in
-- the browser, so that it follows them from the desk to the phone.
CREATE TABLE lead_view_preferences (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    default_view_id BLOB REFERENCES lead_views (id) ON DELETE SET NULL,
    columns TEXT NOT NULL CHECK (json_valid(columns)),
    version INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lead_view_preferences_default ON lead_view_preferences (default_view_id)
    WHERE default_view_id IS NOT NULL;
CREATE INDEX lead_view_preferences_user ON lead_view_preferences (user_id);
