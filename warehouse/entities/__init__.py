"""The entities that indicators count, one file a domain: how events make up their state."""
