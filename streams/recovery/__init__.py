"""Taking up a partition where the warehouse stands.

`take_up`       what a worker does with a partition before it takes its first record from Kafka
`set_aside`     a record whose content makes work fail becomes a dead letter
`log_identity`  which log of Kafka a partition is read from, and where its positions begin
`reader`        single records and stretches of a log, beside the stream that Faust reads
"""
