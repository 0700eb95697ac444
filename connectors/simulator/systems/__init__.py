"""The pretend outside systems, one file each.

`hall`            a working day at the counters
`kiosk`           the ticket machine
`dossiers`        the life of each dossier
`dossier_system`  what the dossier system answers
`procedures`      the administrative procedures that the ward handles
`office`          petitions, documents, published items, the register of groups
`loudspeakers`    the residential groups' loudspeakers
`frigate`         the recorder and its cameras
`cameras`         two cameras beside the recorder
`equipment`       the devices of the service centre and its line
`meetings`        the calendar of online meetings
`camera_desk`     the guard who acknowledges alerts of cameras
`outages`         when the civil-status software does not answer
`people`          invented people, for the personal fields that real systems send
"""
