-- Automations: what is sent, by itself, to a lead that comes in by a webhook.
--
-- `plan` holds the steps and rules as JSON: they are read and written whole, and never searched. Edits hold
-- for runs that start after them, so a run names the revision of the plan that it follows.
CREATE TABLE lead_automation_workflows (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    workspace_id BLOB NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    webhook_id BLOB NOT NULL CHECK (length(webhook_id) = 16),
    safety_lock_minutes INTEGER NOT NULL CHECK (safety_lock_minutes >= 0),
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    plan TEXT NOT NULL CHECK (json_valid(plan)),
    revision INTEGER NOT NULL DEFAULT 1,
    -- The address at which people reached this installation when they saved it: for links in messages, where
    -- no public address is set.
    base_url TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT;

CREATE INDEX lead_automation_workflows_workspace ON lead_automation_workflows (workspace_id, id)
    WHERE deleted_at IS NULL;
CREATE INDEX lead_automation_workflows_trigger ON lead_automation_workflows (webhook_id, id)
    WHERE deleted_at IS NULL AND is_active = 1;

-- Runs that started, how they ended, and leads that got none. Apart from the plan, since they change with each
-- lead.
CREATE TABLE lead_automation_stats (
    automation_id BLOB PRIMARY KEY REFERENCES lead_automation_workflows (id) ON DELETE CASCADE,
    triggered INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    stopped INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_automation_plans (
    automation_id BLOB NOT NULL REFERENCES lead_automation_workflows (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    plan TEXT NOT NULL CHECK (json_valid(plan)),
    PRIMARY KEY (automation_id, revision)
) STRICT, WITHOUT ROWID;

-- One automation at work for one lead. The job that wakes it is in `due_jobs`, under its id.
CREATE TABLE lead_automation_runs (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- That of the automation, by which runs go with it: an index of its own would cost each lead that comes in.
    workspace_id BLOB NOT NULL CHECK (length(workspace_id) = 16),
    automation_id BLOB NOT NULL REFERENCES lead_automation_workflows (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    lead_id BLOB NOT NULL CHECK (length(lead_id) = 16),
    state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'completed', 'failed', 'stopped')),
    -- Why nothing more is sent for it, once that is so: a rule, a switch, a deletion.
    exit TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX lead_automation_runs_lead ON lead_automation_runs (lead_id);
CREATE INDEX lead_automation_runs_automation ON lead_automation_runs (automation_id);

-- How far each step of a run has come; a step that was not begun has no row.
CREATE TABLE lead_automation_steps (
    run_id BLOB NOT NULL REFERENCES lead_automation_runs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('owed', 'sending', 'sent', 'failed', 'passed')),
    -- Whether it is the fallback's turn, and whether a person asked for it.
    is_fallback INTEGER NOT NULL CHECK (is_fallback IN (0, 1)),
    is_retry INTEGER NOT NULL CHECK (is_retry IN (0, 1)),
    -- The message that stands for it now.
    message_id BLOB,
    -- When it ended first: the next step's delay counts from here.
    ended_at INTEGER,
    -- Until when its message has to arrive.
    watch_until INTEGER,
    PRIMARY KEY (run_id, step)
) STRICT, WITHOUT ROWID;

-- When an address triggered an automation last: the safety lock. By the address first, so that a lead that comes in
-- finds those of all automations on one page. They go by age, whatever becomes of the automation.
CREATE TABLE lead_automation_locks (
    address_key TEXT NOT NULL,
    automation_id BLOB NOT NULL CHECK (length(automation_id) = 16),
    triggered_at INTEGER NOT NULL,
    PRIMARY KEY (address_key, automation_id)
) STRICT, WITHOUT ROWID;

-- Finds those that hold nothing any more.
CREATE INDEX lead_automation_locks_old ON lead_automation_locks (triggered_at);
