-- What replaying a program needs. NULL in executions that were begun without it.
ALTER TABLE executions ADD COLUMN policy_version TEXT;
ALTER TABLE executions ADD COLUMN runtime TEXT;
ALTER TABLE executions ADD COLUMN idempotency_key TEXT;
ALTER TABLE executions ADD COLUMN code_digest TEXT;
-- 64 random bits, kept in the signed integer of the same bits.
ALTER TABLE executions ADD COLUMN seed INTEGER;
ALTER TABLE executions ADD COLUMN clock_ms INTEGER;
ALTER TABLE executions ADD COLUMN missing_layers TEXT;
ALTER TABLE executions ADD COLUMN inspection TEXT;
ALTER TABLE executions ADD COLUMN on_restart TEXT;

CREATE UNIQUE INDEX executions_by_key ON executions (principal, session, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
DROP INDEX executions_unfinished;
CREATE INDEX executions_unfinished ON executions (owner) WHERE ended_ms IS NULL;
CREATE INDEX executions_by_end ON executions (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX calls_by_tool ON calls (server, tool, started_ms);

CREATE TABLE intents (
    execution        TEXT NOT NULL,
    number           INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    branch           TEXT NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    occurrence       INTEGER NOT NULL,
    effect           TEXT NOT NULL,
    -- The arguments: either here, or the digest and the size of the blob that holds them.
    body             TEXT,
    blob             TEXT,
    bytes            INTEGER NOT NULL,
    PRIMARY KEY (execution, number),
    UNIQUE (execution, branch, server, tool, arguments_digest, occurrence)
) STRICT;
CREATE INDEX intents_by_blob ON intents (blob) WHERE blob IS NOT NULL;

-- What was delivered to a program, in that order: results and errors of calls, timers, draws, marks.
CREATE TABLE events (
    execution TEXT NOT NULL,
    ord       INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    -- The number of the call that is complete.
    call      INTEGER,
    body      TEXT,
    blob      TEXT,
    bytes     INTEGER NOT NULL,
    PRIMARY KEY (execution, ord)
) STRICT;
CREATE UNIQUE INDEX events_by_call ON events (execution, call) WHERE call IS NOT NULL;
CREATE INDEX events_by_blob ON events (blob) WHERE blob IS NOT NULL;

CREATE TABLE approvals (
    id               TEXT PRIMARY KEY NOT NULL,
    execution        TEXT NOT NULL,
    call             INTEGER NOT NULL,
    principal        TEXT NOT NULL,
    session          TEXT NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    arguments        TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    policy_version   TEXT NOT NULL,
    rule             TEXT NOT NULL,
    reason           TEXT,
    created_ms       INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL,
    status           TEXT NOT NULL,
    scope            TEXT,
    answered_by      TEXT,
    channel          TEXT,
    answer_reason    TEXT,
    answered_ms      INTEGER
) STRICT;
CREATE INDEX approvals_by_status ON approvals (status, created_ms);
CREATE INDEX approvals_by_execution ON approvals (execution);

CREATE TABLE audit (
    seq              INTEGER PRIMARY KEY NOT NULL,
    at_ms            INTEGER NOT NULL,
    principal        TEXT NOT NULL,
    execution        TEXT,
    call             INTEGER,
    code_digest      TEXT,
    server           TEXT,
    tool             TEXT,
    kind             TEXT NOT NULL,
    arguments_digest TEXT,
    decision         TEXT NOT NULL,
    rule             TEXT,
    approval         TEXT,
    outcome          TEXT,
    duration_us      INTEGER,
    prev             TEXT NOT NULL,
    hash             TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at_ms);
CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_keeps_text BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Where the log begins after its older rows were removed; the signature says that we did it.
CREATE TABLE audit_checkpoints (
    seq       INTEGER PRIMARY KEY NOT NULL,
    hash      TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,
    signature TEXT NOT NULL
) STRICT;

CREATE TABLE spending (
    principal TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,
    server    TEXT NOT NULL,
    tool      TEXT NOT NULL,
    micros    INTEGER NOT NULL
) STRICT;
CREATE INDEX spending_by_principal ON spending (principal, at_ms, micros);
