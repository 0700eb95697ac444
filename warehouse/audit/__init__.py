"""Everything that is stored, counted again and compared.

`run`        the whole audit
`scope`      which windows and records it looks at
`records`    Kafka against the tables, partition by partition
`kafka`      every record that Kafka holds is stored, once
`values`     every stored figure of closed windows is what the raw events give
`published`  the city's feed and the board, asked over HTTP, against the stored figures
`report`     what was compared and what was found
`repair`     figures that were found wrong, written again as new revisions
`history`    earlier audits, and what each stream has stored
"""
