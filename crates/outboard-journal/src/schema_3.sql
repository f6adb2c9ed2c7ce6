-- What people ask of an execution, whichever process runs it.
CREATE TABLE orders (
    id        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    execution TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,
    principal TEXT NOT NULL,
    -- JSON
    what      TEXT NOT NULL
) STRICT;
CREATE INDEX orders_by_execution ON orders (execution, id);
