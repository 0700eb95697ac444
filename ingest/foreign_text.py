"""Foreign text: a text from outside that is not kept as it is."""

from typing import Annotated

from pydantic import StringConstraints

Hidden = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A code that a pseudonym is going to stand in for: whatever it holds, so that only its length is bounded."""
