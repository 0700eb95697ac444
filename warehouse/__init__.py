"""ClickHouse: what is kept, what it means, how it is read. Imports `ingest`.

Five words for doing a thing again: *recompute* counts a figure from the raw events by SQL; *rebuild* gives the fold back a state that it
no longer has in memory; *repair* writes stored figures again that an audit found wrong; *reconcile* compares what is stored with what
Kafka holds; *replay* (in `ingest`) sends a dead letter again.

`model/`         what the rows mean: indicators, entities, aggregates, deadlines
`indicators/`    the ward's indicators, one file a domain
`figures/`       the kinds of figures that people enter, one file a subject
`entities/`      the entities that they count, one file a domain
`alarms/`        the ward's alarm rules, one file a domain
`views/`         what analysts see, made from the declarations
`store/`         reading and writing rows, and the only module that opens a connection
`query/`         what the board, the city and analysts ask
`history/`       figures through time, and as they stood at a minute
`proof/`         a shown figure beside what the events say
`recompute/`     values and states from the raw events
`audit/`         everything that is stored, counted again
`dead_letters/`  what could not be processed
`maintenance/`   backups, retention and audits, by themselves and at night
`server/`        the embedded engine behind ClickHouse's own protocol
`catalogue`      everything that is declared, by its id
`meaning`        a figure's period, how its rows add up, what life cycles do to it
`readings`       the newest figures in memory, and what they show at a moment
`settings`       where the warehouse is, who may enter, and how much a query may cost
`health`         how its process is, and gauges of what it holds
`__main__`       `python -m warehouse`: keeps ClickHouse ready
"""

import os

# The driver's table of all dates of four centuries costs each process 26 MB and, on a busy PC, its start a second; it fills as needed.
os.environ.setdefault("CLICKHOUSE_DRIVER_LASY_DATE_LUT", "1")
