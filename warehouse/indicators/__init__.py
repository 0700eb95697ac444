"""The ward's indicators, one file a domain.

`camera`          whether the cameras see, what they noticed, and whether somebody looks at it
`dismantled`      devices that count as taken down
`dossier`         what came in, what is open, what is due, and whether it was in time
`dossier_delay`   who is waited for, and whether the citizen was told
`dossier_finish`  early or late, how long it took, and satisfaction
`dossier_online`  how much is filed, paid and kept without paper
`equipment`       what of the service centre works, what runs out, and whether its line holds
`health`          sources, outages of the ward's own software, and the city's feed
`law`             the acts that they follow
`office`          documents, published items, community digital teams
`petition`        how many came in, and whether they were answered in time
`queue`           how many come, how long they wait, how many counters serve them
`score`           an estimate of the ward's points by QĐ 766
`speaker`         whether loudspeakers are connected, what is planned, and whether it is heard
"""
