"""Sources that post to us: `POST /intake/<connector id>`.

`server`       the HTTP server, with an end that loses nothing
`routes`       the route of each connector
`body`         the body of a post, refused while it is read
`signature`    signatures as in Standard Webhooks 1.0
`idempotency`  the answers that were given, for a source that posts the same again
"""
