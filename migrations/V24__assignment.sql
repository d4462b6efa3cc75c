-- Who gets the leads that come in by a webhook: `assignment` is {"rule", "members"}, or nothing. What changes with each
-- lead stands apart: `turn` grows with each lead that is given to anybody by that webhook, so whoever has the smallest
-- has waited longest. The one writer takes turns, so two leads at once never take the same.
ALTER TABLE lead_webhooks ADD COLUMN assignment TEXT CHECK (assignment IS NULL OR json_valid(assignment));

CREATE TABLE lead_webhook_turns (
    webhook_id BLOB NOT NULL REFERENCES lead_webhooks (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX lead_webhook_turns_user ON lead_webhook_turns (user_id);

-- How many leads that are not deleted each person has, by stage: who has fewest open ones is then a question of a few
-- rows, however many leads there are. Triggers keep it, since leads change hands in many ways; a lead that nobody has
-- costs nothing.
CREATE TABLE lead_assigned_counts (
    user_id BLOB NOT NULL,
    workspace_id BLOB NOT NULL,
    stage_id BLOB NOT NULL,
    leads INTEGER NOT NULL,
    PRIMARY KEY (user_id, workspace_id, stage_id)
) STRICT, WITHOUT ROWID;

INSERT INTO lead_assigned_counts
SELECT assigned_to, workspace_id, stage_id, count(*) FROM leads
WHERE assigned_to IS NOT NULL AND deleted_at IS NULL GROUP BY 1, 2, 3;

CREATE TRIGGER leads_assigned_in AFTER INSERT ON leads
WHEN NEW.assigned_to IS NOT NULL AND NEW.deleted_at IS NULL BEGIN
    INSERT INTO lead_assigned_counts VALUES (NEW.assigned_to, NEW.workspace_id, NEW.stage_id, 1)
    ON CONFLICT DO UPDATE SET leads = leads + 1;
END;

CREATE TRIGGER leads_assigned_out AFTER DELETE ON leads
WHEN OLD.assigned_to IS NOT NULL AND OLD.deleted_at IS NULL BEGIN
    UPDATE lead_assigned_counts SET leads = leads - 1
    WHERE user_id = OLD.assigned_to AND workspace_id = OLD.workspace_id AND stage_id = OLD.stage_id;
END;

CREATE TRIGGER leads_assigned_from AFTER UPDATE OF assigned_to, stage_id, deleted_at ON leads
WHEN OLD.assigned_to IS NOT NULL AND OLD.deleted_at IS NULL AND (NEW.assigned_to IS NOT OLD.assigned_to
    OR NEW.stage_id IS NOT OLD.stage_id OR NEW.deleted_at IS NOT NULL) BEGIN
    UPDATE lead_assigned_counts SET leads = leads - 1
    WHERE user_id = OLD.assigned_to AND workspace_id = OLD.workspace_id AND stage_id = OLD.stage_id;
END;

CREATE TRIGGER leads_assigned_to AFTER UPDATE OF assigned_to, stage_id, deleted_at ON leads
WHEN NEW.assigned_to IS NOT NULL AND NEW.deleted_at IS NULL AND (NEW.assigned_to IS NOT OLD.assigned_to
    OR NEW.stage_id IS NOT OLD.stage_id OR OLD.deleted_at IS NOT NULL) BEGIN
    INSERT INTO lead_assigned_counts VALUES (NEW.assigned_to, NEW.workspace_id, NEW.stage_id, 1)
    ON CONFLICT DO UPDATE SET leads = leads + 1;
END;
