-- Who is remembered. `kind` is a number of nbw::history::code; an empty key stands for the rest of a kind.
CREATE TABLE subject (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;

-- The tiers. A tier has all that was recorded from kept_from on; -1 is from the beginning. Without `keep`: for ever.
CREATE TABLE tier (
    seconds INTEGER PRIMARY KEY,
    keep INTEGER,
    kept_from INTEGER NOT NULL
) STRICT;

-- Whose midnights days begin at, from when on.
CREATE TABLE zone (
    since INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

-- Parts of time, as they are written: by time. Days stay here, the others are packed.
CREATE TABLE recent (
    tier INTEGER NOT NULL,
    start INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    rx_packets INTEGER NOT NULL,
    tx_packets INTEGER NOT NULL,
    rx_peak INTEGER NOT NULL,
    tx_peak INTEGER NOT NULL,
    PRIMARY KEY (tier, start, subject)
) STRICT, WITHOUT ROWID;

-- Many parts of one subject (nbw::history::packed). A part that is in both tables has the sum of both.
CREATE TABLE packed (
    tier INTEGER NOT NULL,
    start INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    rest BLOB NOT NULL,
    PRIMARY KEY (tier, start, subject)
) STRICT;

-- When was recorded, in milliseconds: by nbw (source 0), or by who was imported from (1, interfaces only).
CREATE TABLE coverage (
    source INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    PRIMARY KEY (source, start)
) STRICT, WITHOUT ROWID;

-- What is known of longer times only: imported months and years, less what is known of their days.
CREATE TABLE span (
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    rx_bytes INTEGER NOT NULL,
    tx_bytes INTEGER NOT NULL,
    PRIMARY KEY (start, "end", subject)
) STRICT, WITHOUT ROWID;

-- Which interfaces were imported, from where.
CREATE TABLE imported (
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;
