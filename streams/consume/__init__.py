"""From Kafka to events that count.

`transport`   Faust reads whole batches of a partition, and starts where the warehouse says
`validate`    records become events that count, duplicates, and dead letters
`duplicates`  which records have been there before, under the same id
"""
