-- Tokens of texts, counted after they were recorded. A text without a row was never counted: its size is an estimate.
CREATE TABLE tokens (
    execution TEXT NOT NULL,
    -- definitions, arguments, results, code or reports
    part      TEXT NOT NULL,
    -- The number of the call; 0 for what belongs to the whole.
    call      INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,
    tokens    INTEGER NOT NULL,
    counter   TEXT NOT NULL,
    PRIMARY KEY (execution, part, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_time ON tokens (at_ms, counter);

-- Executions by the span that asked for them, and turns and requests by time.
CREATE INDEX marks_by_parent ON marks (json_extract(what, '$.parent')) WHERE json_extract(what, '$.kind') = 'trace';
CREATE INDEX marks_by_model ON marks (at_us) WHERE json_extract(what, '$.kind') IN ('turn', 'request', 'agent');

-- What was not as usual, as it was seen.
CREATE TABLE alerts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at_ms     INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    -- What it is about: a tool, a principal, or nothing.
    subject   TEXT NOT NULL,
    execution TEXT,
    text      TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_by_time ON alerts (at_ms);
CREATE INDEX alerts_by_subject ON alerts (kind, subject, at_ms);
