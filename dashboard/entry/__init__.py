"""Figures that people enter: by hand, or from a file.

`amount`  numbers and periods as people write them
`act`     what a person may do with a figure, as events
`file`    a file as rows that can be entered, and the template for one
`change`  what a file would change, and how it is undone
`desk`    reads what was entered, and sends what people do
"""
