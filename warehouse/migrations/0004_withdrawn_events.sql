-- Events of before that people imported and took back: kept beside those that count, with what took them back, and when.
ALTER TABLE {database}.raw_repeats ADD COLUMN IF NOT EXISTS withdrawn_by Int64 DEFAULT -1;
ALTER TABLE {database}.raw_repeats ADD COLUMN IF NOT EXISTS withdrawn_at DateTime64(3, 'UTC') DEFAULT toDateTime64(0, 3, 'UTC');
