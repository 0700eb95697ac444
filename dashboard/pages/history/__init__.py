"""A measure's figures through time.

`page`       the layout
`choice`     what an address asks for
`period`     today, this week or this month beside the one before
`callbacks`  asks when grain, span, the first or the last day are chosen
`tables`     figures as a chart, a table and a spreadsheet
"""
