"""The residential groups: the map, and pages of one group and of one device for people who look closer, on no screen of the wall.

`page`       the map beside the numbered grid
`group`      one of them, `/group/<number>`
`device`     one device, `/device/<name>`
`callbacks`  asks for the devices while somebody looks
`tables`     devices, their alarms and what they told, as rows
"""
