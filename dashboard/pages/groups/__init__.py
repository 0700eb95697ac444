"""The residential groups and their devices: for people who look closer, on no screen of the wall.

`group`      one of them, `/group/<number>`
`device`     one device, `/device/<name>`
`callbacks`  asks for the devices while somebody looks
`tables`     devices, their alarms and what they told, as rows
"""
