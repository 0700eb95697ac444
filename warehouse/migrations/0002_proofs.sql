-- A record is stored once even if two writers send it: a frozen worker that wakes up, an answer that got lost.
CREATE OR REPLACE TABLE {database}.raw_events
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
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX ids id TYPE bloom_filter(0.001) GRANULARITY 4
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (topic, ward, subject, at_ms, id, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1
AS SELECT * FROM {database}.raw_events;

-- Records whose id was stored within the last days: sent again, or with another content under the same id.
CREATE TABLE IF NOT EXISTS {database}.raw_repeats
(
    topic LowCardinality(String),
    partition UInt32,
    offset Int64,
    ward LowCardinality(String),
    kind LowCardinality(String),
    subject String,
    id String,
    at_ms Int64,
    is_conflict Bool,
    first_offset Int64,
    event String CODEC(ZSTD(3)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (topic, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Figures of closed windows that an event changed: old and new, and which event it was.
CREATE TABLE IF NOT EXISTS {database}.raw_corrections
(
    ward LowCardinality(String),
    indicator LowCardinality(String),
    grain LowCardinality(String),
    window_ms Int64,
    old_numerator Int64,
    old_denominator Int64,
    numerator Int64,
    denominator Int64,
    revision UInt32,
    kind LowCardinality(String),
    subject String,
    id String,
    at_ms Int64,
    topic LowCardinality(String),
    partition UInt32,
    offset Int64,
    corrected_at DateTime64(3, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree}
PARTITION BY toYYYYMM(corrected_at)
ORDER BY (ward, indicator, grain, window_ms, topic, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Where a letter lies in the dead-letter topic, so that it is read once.
ALTER TABLE {database}.raw_dead_letters ADD COLUMN IF NOT EXISTS ward LowCardinality(String) DEFAULT '';
ALTER TABLE {database}.raw_dead_letters ADD COLUMN IF NOT EXISTS address String DEFAULT '';
ALTER TABLE {database}.raw_dead_letters ADD COLUMN IF NOT EXISTS log_partition Int32 DEFAULT -1;
ALTER TABLE {database}.raw_dead_letters ADD COLUMN IF NOT EXISTS log_offset Int64 DEFAULT -1;

-- What became of dead letters that were sent again; the newest row of a letter stands.
CREATE TABLE IF NOT EXISTS {database}.raw_letter_replays
(
    id String,
    outcome LowCardinality(String),
    detail String,
    events UInt32,
    replayed_by String,
    replayed_at DateTime64(3, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(replayed_at)}
ORDER BY id;

-- Streams that were stopped because too much of what came could not be processed; the newest row of a partition stands.
CREATE TABLE IF NOT EXISTS {database}.raw_stops
(
    topic LowCardinality(String),
    partition UInt32,
    offset Int64,
    is_stopped Bool,
    reason String,
    changed_by String,
    allowance UInt32,
    changed_at DateTime64(6, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(changed_at)}
ORDER BY (topic, partition)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Which log of Kafka a partition is read from: positions here are Kafka's offset plus `base`, so that they go on growing when
-- Kafka begins anew, after a restore on another PC for example. What lies before `first` lay in an earlier log.
CREATE TABLE IF NOT EXISTS {database}.kafka_logs
(
    topic LowCardinality(String),
    partition UInt32,
    cluster String,
    base Int64,
    first Int64,
    since DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {engine:ReplacingMergeTree(since)}
ORDER BY (topic, partition, cluster, first)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What every audit found.
CREATE TABLE IF NOT EXISTS {database}.audits
(
    started_at DateTime64(3, 'UTC'),
    finished_at DateTime64(3, 'UTC'),
    scope String,
    compared UInt64,
    differences UInt64,
    repaired UInt64,
    report String CODEC(ZSTD(3))
)
ENGINE = {engine:MergeTree}
ORDER BY started_at;

ALTER TABLE {database}.fold_snapshots ADD COLUMN IF NOT EXISTS values_offset Int64 DEFAULT -1;
ALTER TABLE {database}.fold_snapshots MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
-- Fewer the older they are, but some for long: a PC that was off for weeks need not fold years again.
ALTER TABLE {database}.fold_snapshots MODIFY TTL
    toDateTime(taken_at) + INTERVAL 3 HOUR DELETE WHERE toMinute(taken_at) % 20 >= 2,
    toDateTime(taken_at) + INTERVAL 3 DAY DELETE WHERE toHour(taken_at) % 6 != 3,
    toDateTime(taken_at) + INTERVAL 60 DAY;
ALTER TABLE {database}.raw_dead_letters MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE {database}.raw_values MODIFY SETTING min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
