"""What came from outside: read within limits, and kept only without personal data.

`json_text`        JSON within limits of length, depth and size
`foreign_fields`   numbers, times, areas and texts as foreign systems write them
`personal_fields`  which fields carry personal data, and which texts look like it
`pseudonym`        keyed hashes in place of codes that could lead to a person
`redaction`        what may be kept of a message that cannot be used
"""
