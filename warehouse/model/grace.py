"""Grace: how long after its end a window stays open."""

from datetime import timedelta

GRACE = timedelta(minutes=1)
"""How long after its end a window may still change by itself: so late an event may be and count at once."""
