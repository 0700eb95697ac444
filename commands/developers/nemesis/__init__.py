"""Nemesis: what `./ioc chaos` is made of - sources that keep a journal, faults at random, and a check of what came of it.

`sources/`  the sources, and what was promised to them
`faults/`   what happens to whom and when
`oracle/`   what came of it, held against the invariants I1 to I10
`layout`    the stack of a run, with a proxy in every connection
`settle`    waits until every promise is kept and nothing moves any more
`run`       one run, from the empty folder to the verdict
"""
