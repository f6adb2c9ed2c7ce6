CREATE TABLE executions (
    id           TEXT PRIMARY KEY NOT NULL,
    started_ms   INTEGER NOT NULL,
    principal    TEXT NOT NULL,
    session      TEXT NOT NULL,
    language     TEXT NOT NULL,
    code         TEXT NOT NULL,
    input        TEXT,
    generation   INTEGER NOT NULL,
    surface      TEXT NOT NULL,
    isolation    TEXT NOT NULL,
    -- The process that began it: boot, PID namespace, PID, start time; see owner.rs.
    owner        TEXT NOT NULL,
    status       TEXT NOT NULL,
    -- NULL until it has ended, with the rest.
    ended_ms     INTEGER,
    error_code   TEXT,
    result_bytes INTEGER,
    model_in     INTEGER,
    model_out    INTEGER,
    cpu_ms       INTEGER,
    peak_memory  INTEGER
) STRICT;

CREATE INDEX executions_by_time ON executions (started_ms, id);
CREATE INDEX executions_unfinished ON executions (owner)
    WHERE status IN ('queued', 'running', 'waiting_approval');

CREATE TABLE calls (
    execution        TEXT NOT NULL,
    number           INTEGER NOT NULL,
    server           TEXT NOT NULL,
    tool             TEXT NOT NULL,
    arguments_digest TEXT NOT NULL,
    arguments_bytes  INTEGER NOT NULL,
    result_bytes     INTEGER NOT NULL,
    started_ms       INTEGER NOT NULL,
    duration_us      INTEGER NOT NULL,
    error            TEXT,
    decision         TEXT NOT NULL,
    PRIMARY KEY (execution, number)
) STRICT, WITHOUT ROWID;
