-- The timeline of each lead: who did what, from what, to what. Clustered by lead, in order of time, since
-- it is only ever read for one lead at a time.
CREATE TABLE lead_activities (
    lead_id BLOB NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
    id BLOB NOT NULL CHECK (length(id) = 16),
    type TEXT NOT NULL,
    actor TEXT CHECK (json_valid(actor)),
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (lead_id, id)
) STRICT, WITHOUT ROWID;
