"""A shown figure beside what the events say.

`proof`     the figure and its recomputation, to the last unit
`evidence`  the events behind a figure, and the corrections that they made
`formula`   what an indicator counts, in the words of its own declaration
`queries`   SQL over the open views, for people to check a figure themselves
"""
