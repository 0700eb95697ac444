"""Foreign area: the residential group that a device's name begins with, where nothing else says where the device is."""

import re

_NAMED = re.compile(r"tdp[-_]?(\d{3})(?!\d)", re.IGNORECASE)


def named_area(name: str) -> str | None:
    """The group of a device that is named after it, for example `TDP-017` of `tdp-017-l1` or `tdp017_cong_cho`."""
    found = _NAMED.match(name)
    return f"TDP-{found[1]}" if found else None
