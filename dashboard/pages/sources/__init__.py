"""Where the figures come from: every source, switched on and off, set up, and made.

`page`        the layout
`callbacks`   shows the sources, and does what an administrator wants done with one
`editor`      a declared connector made from a sample, tried and saved
`devices`     the list of devices of a source, changed and saved, and a scan of a network
`device_tab`  what that looks like
`tables`      a source, its setup and a trial as rows
`setup`       what the vendor of a source has to know, as a page to print
`trail`       an act on a source, and who did it
"""
