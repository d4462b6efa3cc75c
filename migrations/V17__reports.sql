-- What reports are read from: kept with each change, so that a million messages need no counting.
--
-- A message counts on the day and quarter hour (UTC) in which it was made, whatever becomes of it later; every
-- time zone's hours, days and months are made of whole quarter hours. One row holds a day of one series: the
-- messages of one channel, one maker and one provider. `counts` is a sorted array of 6 bytes for each count that
-- is not zero: `quarter * 8 + counter` (16 bits), the count (32 bits), both big-endian. A day takes a few rows
-- however many messages it has, and a year of them is read in milliseconds.
--
-- Counters: 0 pending, 1 sent, 2 delivered, 3 read, 4 failed before the provider took it, 5 failed after it,
-- 6 skipped, 7 unsubscribed (each is counted once, where it stands now; the last two when they happen). Rows with
-- a reason hold the last four again, by their reasons.
ALTER TABLE messages ADD COLUMN automation_id BLOB;
UPDATE messages SET automation_id =
    (SELECT r.automation_id FROM lead_automation_runs r WHERE r.id = messages.run_id)
WHERE run_id IS NOT NULL;

CREATE TABLE message_series (
    id INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
    -- Empty where nobody knows: somebody unsubscribed, but not by a message of ours.
    origin TEXT NOT NULL CHECK (origin IN ('', 'quick_send', 'automation', 'campaign')),
    -- The campaign or automation, or nothing.
    source_id BLOB NOT NULL,
    -- Empty where no provider had a part in it.
    provider TEXT NOT NULL,
    UNIQUE (workspace_id, channel, origin, source_id, provider)
) STRICT;

CREATE TABLE message_counts (
    series_id INTEGER NOT NULL REFERENCES message_series (id) ON DELETE CASCADE,
    day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    counts BLOB NOT NULL CHECK (length(counts) % 6 = 0),
    PRIMARY KEY (series_id, day, reason)
) STRICT, WITHOUT ROWID;

-- What there is already.
CREATE TABLE message_counts_fill (
    workspace_id BLOB, channel TEXT, origin TEXT, source_id BLOB, provider TEXT, at INTEGER, counter INTEGER,
    reason TEXT
) STRICT;

INSERT INTO message_counts_fill
SELECT workspace_id, channel, origin, coalesce(campaign_id, automation_id, x''), coalesce(provider, 'sandbox'),
    created_at,
    CASE status WHEN 'pending' THEN 0 WHEN 'sent' THEN 1 WHEN 'delivered' THEN 2 WHEN 'read' THEN 3
        ELSE iif(sent_at IS NULL, 4, 5) END,
    iif(status = 'failed', substr(coalesce(nullif(error_code, ''), 'unspecified'), 1, 64), '')
FROM messages;

-- Who got none stands on the timelines.
INSERT INTO message_counts_fill
SELECT l.workspace_id, a.detail ->> '$.channel', 'quick_send', x'', '', a.created_at, 6,
    a.detail ->> '$.reason'
FROM lead_activities a JOIN leads l ON l.id = a.lead_id
WHERE a.type = 'message_skipped' AND a.detail ->> '$.messageId' IS NULL AND a.detail ->> '$.origin' = 'quick_send';

INSERT INTO message_counts_fill
SELECT l.workspace_id, a.detail ->> '$.channel', 'automation',
    coalesce(unhex(replace(a.detail ->> '$.automationId', '-', '')), x''), '', a.created_at, 6,
    a.detail ->> '$.reason'
FROM lead_activities a JOIN leads l ON l.id = a.lead_id
WHERE a.type = 'step_skipped' OR (a.type = 'step_failed' AND a.detail ->> '$.errorCode' IS NULL
    AND a.detail ->> '$.reason' IN ('lead_deleted', 'template_deleted', 'template_not_approved', 'render_failed',
        'no_address', 'suppressed', 'outside_window'));

INSERT INTO message_counts_fill
SELECT w.workspace_id, w.plan ->> '$.steps[0].channel', 'automation', w.id, '', a.created_at, 6,
    a.detail ->> '$.reason'
FROM lead_activities a
JOIN lead_automation_workflows w ON w.id = unhex(replace(a.detail ->> '$.automationId', '-', ''))
WHERE a.type = 'automation_skipped';

INSERT INTO message_counts_fill
SELECT s.workspace_id, s.channel, coalesce(m.origin, ''), coalesce(m.campaign_id, m.automation_id, x''),
    coalesce(m.provider, ''), s.created_at, 7, s.reason
FROM suppressions s LEFT JOIN messages m ON m.id = s.message_id
WHERE s.reason IN ('unsubscribe', 'stop', 'complaint');

DELETE FROM message_counts_fill WHERE channel IS NULL OR reason IS NULL;

INSERT INTO message_series (workspace_id, channel, origin, source_id, provider)
SELECT DISTINCT workspace_id, channel, origin, source_id, provider FROM message_counts_fill;

INSERT INTO message_counts
WITH filled AS (
    SELECT s.id AS series_id, f.at / 86400000 AS day, (f.at / 900000 % 96) * 8 + f.counter AS slot, f.reason
    FROM message_counts_fill f
    JOIN message_series s USING (workspace_id, channel, origin, source_id, provider)
), counted AS (
    SELECT series_id, day, '' AS reason, slot, count(*) AS n FROM filled GROUP BY 1, 2, 4
    UNION ALL
    SELECT series_id, day, reason, slot, count(*) FROM filled WHERE reason <> '' GROUP BY 1, 2, 3, 4
)
SELECT series_id, day, reason, unhex(group_concat(printf('%04x%08x', slot, n), '' ORDER BY slot))
FROM counted GROUP BY 1, 2, 3;

DROP TABLE message_counts_fill;

-- Where leads stood before they stand where they do now: a row when a lead leaves a stage, so that a lead that
-- comes in costs nothing. Clustered by the lead's arrival, which is the order in which reports read leads. `n`
-- grows with each stage that the lead leaves.
ALTER TABLE leads ADD COLUMN stage_since INTEGER;

CREATE TABLE lead_stage_spells (
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    lead_created_at INTEGER NOT NULL,
    lead_seq INTEGER NOT NULL,
    n INTEGER NOT NULL,
    stage_id BLOB NOT NULL CHECK (length(stage_id) = 16),
    entered_at INTEGER NOT NULL,
    left_at INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, lead_created_at, lead_seq, n)
) STRICT, WITHOUT ROWID;

INSERT INTO lead_stage_spells
SELECT workspace_id, lead_created_at, seq, n, unhex(replace(stage, '-', '')), entered_at, left_at
FROM (
    SELECT l.workspace_id, l.created_at AS lead_created_at, l.seq, row_number() OVER lead AS n,
        a.detail ->> '$.from.id' AS stage, lag(a.created_at, 1, l.created_at) OVER lead AS entered_at,
        a.created_at AS left_at
    FROM lead_activities a JOIN leads l ON l.id = a.lead_id
    WHERE a.type = 'stage_changed'
    WINDOW lead AS (PARTITION BY l.seq ORDER BY a.id)
)
WHERE length(unhex(replace(stage, '-', ''))) = 16;

UPDATE leads SET stage_since = moved.at
FROM (SELECT lead_seq, max(left_at) AS at FROM lead_stage_spells GROUP BY lead_seq) moved
WHERE leads.seq = moved.lead_seq;

-- What reports ask of a lead, in the order of arrival; and of those that were moved, in the order of that.
CREATE INDEX leads_report ON leads
    (workspace_id, created_at, seq, stage_id, stage_since, source, webhook_id, assigned_to, converted_at)
    WHERE deleted_at IS NULL;
CREATE INDEX leads_moved ON leads (workspace_id, stage_since, stage_id, source, webhook_id, assigned_to)
    WHERE deleted_at IS NULL AND stage_since IS NOT NULL;
