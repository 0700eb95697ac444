"""One partition that a worker has: what comes of it, and what is known of it.

`record_batch`  consecutive records of one partition
`valid_events`  those of a batch that are events, with their places
`duplicates`    which records have been there before, under the same id
`state`         one partition that a worker has, and how far it is with it
`consumer`      what a worker asks of whoever reads Kafka for it
"""
