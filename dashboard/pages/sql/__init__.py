"""The analysts' page: a query over the documented views.

`page`         the layout
`callbacks`    runs a query, shows its answer, hands out CSV, keeps queries
`saved_query`  what each analyst keeps under a name
`address`      how a page hands over a prepared query
"""
