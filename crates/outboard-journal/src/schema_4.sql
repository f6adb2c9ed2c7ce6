-- What programs of a session keep for later programs. A number is never given out twice, so it tells whether a value
-- is still the one that was read.
CREATE TABLE state (
    version    INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    principal  TEXT NOT NULL,
    session    TEXT NOT NULL,
    key        TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    -- JSON
    value      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX state_by_key ON state (principal, session, key);
CREATE INDEX state_by_size ON state (principal, session, bytes);
CREATE INDEX state_by_time ON state (changed_ms);

-- What a change answered, until its execution is over: the same call gets the same answer and changes nothing again.
CREATE TABLE state_changes (
    execution TEXT NOT NULL,
    call      INTEGER NOT NULL,
    -- JSON
    answer    TEXT NOT NULL,
    PRIMARY KEY (execution, call)
) STRICT, WITHOUT ROWID;
-- What a trace shows of a call beside its row, as JSON: microseconds, rule, attempts, the way to its server.
ALTER TABLE calls ADD COLUMN trace TEXT;

-- What a trace shows of an execution beside its row: where it came from, its workers, what was checked.
CREATE TABLE marks (
    execution TEXT NOT NULL,
    at_us     INTEGER NOT NULL,
    -- JSON
    what      TEXT NOT NULL
) STRICT;
CREATE INDEX marks_by_execution ON marks (execution, at_us);
