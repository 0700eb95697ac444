"""A measure's figures through time.

`page`       the layout
`callbacks`  asks when grain, span, the first or the last day are chosen
`tables`     figures as a chart, a table and a spreadsheet
"""
