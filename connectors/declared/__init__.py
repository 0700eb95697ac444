"""Connectors that are declared in files, of the product or of the data folder (`<IOC_DATA_FOLDER>/connectors/<id>.toml`), and not programmed.

To everything above, such a connector is one like those in code: the same runtime reads, maps, confirms and watches it.

`declaration`  what a file may say, and how it is read
`expression`   what is read of a message, in JMESPath, within bounds
`value`        what a source wrote, made into what a field takes
`mapping`      a declaration at work: from a message to events
`paging`       how a REST source is asked for what is new
`load`         the files of a folder as connectors
`ready`        the declarations that come with the product
`dry_run`      what becomes of a sample, field by field
"""
