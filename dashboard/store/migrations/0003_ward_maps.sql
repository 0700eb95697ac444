-- Boundaries of the ward that were taken in the browser, the newest last; that one is drawn.
CREATE TABLE ward_maps
(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    content BLOB NOT NULL -- the file as it was chosen
) STRICT;
