"""The ward's alarm rules, one file a domain: what somebody must act on, beside the indicators that tell it."""
