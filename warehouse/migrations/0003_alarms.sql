-- Everything that was done about an alarm, by the system and by people: append-only, each act once. What an alarm is at any
-- time is what its acts say, in the order of their numbers.
CREATE TABLE IF NOT EXISTS {database}.raw_alarm_acts
(
    ward LowCardinality(String),
    alarm String,
    number UInt32,
    kind LowCardinality(String),
    rule LowCardinality(String),
    subject String,
    severity LowCardinality(String),
    value Float64,
    who String,
    what String,
    about Int32,
    at DateTime64(3, 'UTC'),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:ReplacingMergeTree}
ORDER BY (ward, alarm, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1;
