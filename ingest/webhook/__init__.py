"""Sources that post to us: `POST /intake/<connector id>`.

`server`       the HTTP server, with an end that loses nothing
`routes`       the route of each connector
`body`         the body of a post, refused while it is read
`signature`    signatures as in Standard Webhooks 1.0
`proof`        what a source shows instead that knows no Standard Webhooks
`idempotency`  the answers that were given, for a source that posts the same again
"""
