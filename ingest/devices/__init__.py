"""Sources that are several devices of one make, each of which we ask by itself: one that is away or talks nonsense disturbs no other.

`listed`        the devices of a source: names, addresses and accounts
`reader`        follows every device of a source for ever, and tells when one does not answer any more
`said`          what a device told us, or that it did not
`alert_stream`  what a device tells in an HTTP answer that does not end
`multipart`     the parts of such an answer
`pull_point`    what an ONVIF device's event service gives when it is asked
`soap`          questions in SOAP, signed by WS-Security, and answers
"""
