"""Reading and writing rows.

`client`             the only module that opens a connection; errors of the driver become ours here
`migrate`            brings the tables to what this version needs
`sink`               writes rows in blocks
`positions`          what the warehouse has of each partition
`snapshots`          the fold's memory with the offset up to which it knows
`duplicates`         records that came under an id that was stored before
`event_ids`          what was stored lately under the ids of events
`set_aside`          records that came and must not count
`withdrawn`          events of imports that were taken back
`halted_partitions`  streams that were halted, and who let them go on
`events`             the raw events of a partition in the order of their positions
`values`             the readings that the board, the feed and the report ask for
`analyst_account`    the analysts' user of an outside server
`alarm_log`          everything that was done about alarms
"""
