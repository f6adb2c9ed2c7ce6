CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- A forgotten session keeps its row: its epoch tells other processes, and its numbers are never used again.
CREATE TABLE sessions (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counters (session TEXT NOT NULL, kind TEXT NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (session, kind)) STRICT, WITHOUT ROWID;
-- A row that changes gets a new seq, so that other processes see it.
CREATE TABLE entries (seq INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, kind TEXT NOT NULL,
    number INTEGER NOT NULL, tag BLOB NOT NULL, sealed BLOB NOT NULL,
    UNIQUE (session, kind, number), UNIQUE (session, tag)) STRICT;
PRAGMA user_version = 1;
