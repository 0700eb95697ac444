"""Figures that people enter: by hand, or from a file.

`amount`    numbers and periods as people write them
`act`       what a person may do with a figure, as events
`file`      a file as rows that can be entered, and the template for one
`day_file`  the same of totals of days
`day_plan`  whether a total of a day may stand beside what there is of it
`event_file`  what importing events of before would do, and how they are sent
`event_undo`  what undoing such an import would do, and how it is taken back
`event_desk`  the same for the page, in the name of a person
`template`  a file to fill in, of each kind
`change`    what a file would change, and how it is undone
`desk`      reads what was entered, and sends what people do
"""
