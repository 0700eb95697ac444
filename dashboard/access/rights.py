"""Rights: the roles that an account can have, and what each may do. Each page names the right that it wants."""

Right = str
"""`leader`: the board. `analyst`: ad-hoc SQL. `admin`: both, and what only an administrator may.

`display`: the pages of the wall and nothing else; only a screen has it, never an account.
"""

RIGHTS: frozenset[Right] = frozenset({"leader", "analyst", "admin"})
"""Those of accounts."""
