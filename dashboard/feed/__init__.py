"""The city's aggregate output over HTTP.

`routes`      the routes
`schema`      their shapes: an indicator, and its figure in a window
`cursor`      how far somebody has read
`city_cut`    the figures of the day as the city takes them, and whether it has them in time
`audit_view`  what the board's memory holds, for the audit
"""
