"""Apache Kafka on this PC: pinned jars, fetched once and verified before every start, one KRaft node, a child process.

`jars`    which jars Kafka is made of, with their checksums (`jars.lock`), and whether the cached ones are right
`fetch`   gets what is missing into the cache, which all installs of this user share
`lock`    writes `jars.lock` anew for another version: `python -m ingest.broker.lock`
`java`    the Java that runs it
`folder`  its configuration, and its data folder, formatted once
`server`  start, wait until it answers, stop
"""
