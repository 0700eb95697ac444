"""Taking up a partition where the warehouse stands.

`recovery`      what a worker does with the partitions that it is given, before it takes their first record from Kafka
`take_up`       one partition, from what the warehouse has of it to where Kafka is read on
`careful`       the same record by record, where a record may be to blame for a fault
`set_aside`     a record whose content makes work fail becomes a dead letter
`log_identity`  which log of Kafka a partition is read from, and where its positions begin
`reader`        a range of one partition's records, beside the stream that Faust reads
"""
