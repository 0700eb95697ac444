-- Everything that happened, as it was in Kafka. A block is one part, so what a partition has stored is max(offset).
CREATE TABLE IF NOT EXISTS {database}.raw_events
(
    topic LowCardinality(String),
    partition UInt32,
    offset Int64,
    ward LowCardinality(String),
    kind LowCardinality(String),
    subject String,
    id String,
    at_ms Int64 CODEC(Delta, ZSTD),
    event String CODEC(ZSTD(3)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (topic, ward, subject, at_ms, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Every indicator's figures, in one long table: a new indicator needs no migration.
CREATE TABLE IF NOT EXISTS {database}.raw_values
(
    ward LowCardinality(String),
    indicator LowCardinality(String),
    grain LowCardinality(String),
    window_ms Int64,
    dimension LowCardinality(String),
    member String,
    numerator Int64,
    denominator Int64,
    newest_ms Int64,
    as_of_ms Int64,
    topic LowCardinality(String),
    partition UInt32,
    offset Int64,
    version UInt64,
    revision UInt32,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree(version)}
PARTITION BY toYear(fromUnixTimestamp64Milli(window_ms, 'UTC'))
ORDER BY (ward, indicator, grain, window_ms, dimension, member)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- The fold's memory with the offset up to which it knows; recovery is the newest whole snapshot and a replay from there.
CREATE TABLE IF NOT EXISTS {database}.fold_snapshots
(
    topic LowCardinality(String),
    partition UInt32,
    offset Int64,
    chunk UInt32,
    chunks UInt32,
    taken_at DateTime64(3, 'UTC') DEFAULT now64(3),
    body String CODEC(ZSTD(3))
)
ENGINE = {engine:MergeTree}
ORDER BY (topic, partition, offset, chunk)
TTL toDateTime(taken_at) + INTERVAL 3 DAY;

-- What could not be processed, for people to look at; the Kafka topic holds the same.
CREATE TABLE IF NOT EXISTS {database}.raw_dead_letters
(
    id String,
    original_topic LowCardinality(String),
    partition Int32,
    offset Int64,
    reason_code LowCardinality(String),
    error String,
    payload_redacted String CODEC(ZSTD(3)),
    connector LowCardinality(String),
    received_at DateTime64(3, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree}
ORDER BY (received_at, id)
TTL toDateTime(received_at) + INTERVAL 13 MONTH;
