"""What came from outside: read within limits, and kept only without personal data.

`json_text`       JSON within limits of length, depth and size
`xml_text`        XML, as what JSON could hold
`calendar_text`   iCalendar, as the meetings of a few days
`foreign_fields`  numbers, times, areas and texts as foreign systems write them
`pseudonym`       keyed hashes in place of codes that could lead to a person
`redaction`       what may be kept of a message that cannot be used
`dead_letter`     a message that can never be an event, with its reason and as much of it as may be kept
"""
