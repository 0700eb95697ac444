"""Boundaries page: an administrator chooses a file of the ward's boundaries, looks at it, and takes it; or goes back to the former.

`page`       what stands on it
`callbacks`  what it does
`tables`     what a file says beside what the board knows, and who took which
"""
