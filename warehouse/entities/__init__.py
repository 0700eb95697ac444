"""The entities that indicators count, one file a domain: how events make up their state.

`camera`     cameras, their faults, and what they noticed
`dossier`    a file of the one-stop shop from receipt to result
`equipment`  the devices of the service centre and its lines
`figure`     what people entered for a kind and period
`health`     sources, outages, and what the city was sent
`office`     documents, published items, residential groups
`petition`   feedback and petitions of citizens
`queue`      tickets and counters
`speaker`    loudspeakers and their broadcasts
"""
