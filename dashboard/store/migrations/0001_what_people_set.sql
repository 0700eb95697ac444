-- Accounts: a name, an Argon2 hash and never a password.
CREATE TABLE accounts
(
    name TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    rights TEXT NOT NULL, -- JSON list
    changed_at TEXT NOT NULL -- ISO 8601 with its offset, as every time here
) STRICT;

-- Keys of programs; of a key its hash only.
CREATE TABLE feed_keys
(
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    wards TEXT NOT NULL, -- JSON list
    made_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    scopes TEXT NOT NULL -- JSON list
) STRICT;

-- Screens of the wall; of a token its hash only.
CREATE TABLE displays
(
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    made_at TEXT NOT NULL,
    stops TEXT NOT NULL, -- JSON list of [path, seconds]
    network TEXT,
    expires_at TEXT,
    language TEXT NOT NULL
) STRICT;

CREATE TABLE saved_queries
(
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    sql TEXT NOT NULL,
    PRIMARY KEY (person, name)
) STRICT;

-- Who changed what. Neither secrets nor hashes stand here.
CREATE TABLE changes
(
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    act TEXT NOT NULL
) STRICT;

-- JSON files of earlier versions whose content is in here.
CREATE TABLE json_files
(
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    PRIMARY KEY (name, sha256)
) STRICT;
