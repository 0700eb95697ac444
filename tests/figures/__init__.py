"""The book of cases: life cycles as an official would tell them, and what each figure must show after each step.

`dossier.toml`, `petition.toml`, …  the cases, one file an area
`support.story`   reads a case
`support.shown`   what the figures show, by the fold and by SQL
`test_book`       every case, both ways
`test_whole`      every case through the whole stack
`test_figures_doc`  what is said of each figure, and where
"""
