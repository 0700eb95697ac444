"""Sources that publish over MQTT.

`subscriber`  a client that acknowledges by hand
`broker`      the embedded broker, for wards that have none
`session`     one client of the embedded broker
`limits`      what one client of the embedded broker may cost
"""
