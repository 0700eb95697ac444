"""The pretend ward: it plays the outside systems over their real protocols, and knows nothing of Kafka.

Stateless: what happens on a local day is a pure function of seed, ward and date, with fixed ids and times. After a restart
it sends today from the start, and the system counts everything once. Each system is one file: `hall` and `kiosk` (queue),
`dossiers` and `dossier_system`, `outages` (the civil-status software), `loudspeakers`, `frigate`, `office`; `people` are
invented so that messages carry the personal fields that real ones do. `report` is the ward's report of 2025 as messages.
"""
