"""The board's pages: one module or package each, found by being here.

A page with callbacks of its own is a package: `page` is the layout, `callbacks` what it does, `tables` what it shows as rows. Every
`Page` that a module declares is a page, and every module's `register(app, services)` is called once (`board/services`).

`overview`       the whole ward in one glance
`today`          what the working day is to bring, and what it brought
`queue`          one-stop shop: who waits, how long, who serves them
`dossiers`       what came in, what is open, what is due
`petitions`      petitions, and whether they are answered in time
`speakers`       loudspeakers and their broadcasts
`cameras`        cameras, what they noticed and who looked at it
`documents`      documents and published items
`equipment`      the devices of the service centre and its line
`figures`        figures that people entered, each with its period
`groups/`        residential groups and their devices
`due/`           the dossiers that have to be finished next
`entry/`         where people enter, confirm and correct figures
`alarms/`        alarms, and what people do about them
`dead_letters/`  what could not be processed
`history/`       a measure's figures through time
`proof/`         what stands behind one figure
`sql/`           the analysts' page
`sources/`       where the figures come from, and how they are connected
`boundaries/`    the ward's own boundaries, chosen from a file
`system/`        how the system itself is
`past/`          every page as it was at a minute
"""
