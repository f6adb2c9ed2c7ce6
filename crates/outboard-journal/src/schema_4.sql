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
