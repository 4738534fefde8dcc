-- Attacks that were recognised: each as `nbw detect --format json` has it, times in milliseconds.
CREATE TABLE event (
    id TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    event TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX event_by_last ON event (last);
