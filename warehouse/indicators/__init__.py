"""The ward's indicators, one file a domain; numbers and definitions as in domain.md part (b)."""
