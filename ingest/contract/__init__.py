"""What every folder agrees on.

`event`            the frozen base model of everything that happened
`events/`          the event types, one file a stream
`code`             the texts that events carry, each kind with its pattern and length
`quantity`         the numbers and times that events carry, each kind with its range
`personal_fields`  which fields carry personal data, and which texts look like it
`envelope`         an event on the wire, as CloudEvents 1.0
`decoder`          the fast reading of records, by classes made from the models of events
`topic`            Kafka's topics: one a stream, one for changed values, one for dead letters
`connector`        how one foreign system's messages become our events, and what it may remember
`errors`           errors, named by what the caller has to do about them
`label`            a name that a person reads, in Vietnamese and English
`away`             what people read while Kafka or the warehouse does not answer
`clock`            the time of the whole system, real or pretended
`calendar`         Vietnam's working time, with the days off that are announced year by year (`days_off.toml`)
`settings`         settings of this folder, and how every folder reads its own
"""
