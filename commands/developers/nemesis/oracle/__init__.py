"""What came of a run.

`invariants`     what was promised, what lies in Kafka, what is stored (I1, I2, I3, I6, I7)
`figures`        figures against the raw events, board and feed against figures (I4, I5)
`alarms`         what people did, was decided and told about alarms, and what boards show
`leaks`          no secret and no name in any log or table (I10)
`kafka_log`      Kafka's log from its beginning to its end
`process_watch`  positions and processes, during the run
`findings`       what was found wrong, counted by kind
`verdict`        asks all of them
"""
