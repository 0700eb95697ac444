"""How the pretend systems reach us.

`webhooks`      systems that post
`rest`          systems that are polled
`devices`       loudspeakers and cameras on MQTT
`mqtt_station`  one MQTT connection of a device or gateway
"""
