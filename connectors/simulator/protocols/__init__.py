"""How the pretend systems reach us.

`webhooks`        systems that post
`rest`            systems that are polled
`devices`         loudspeakers and cameras on MQTT
`centre`          the devices of the service centre, each on a port of its own
`cameras`         a camera that speaks ISAPI, and one that speaks ONVIF
`street_cameras`  two of these, and what they notice
`snmp_agent`      a device that answers by SNMP
`mqtt_station`    one MQTT connection of a device or gateway
"""
