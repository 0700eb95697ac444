"""Sources that are devices: each is asked in turn, and what has changed since the last answer is a message.

`device_list`  the list of devices in a CSV or XLSX file of the data folder
`question`     one question by ping, TCP or HTTP
`snmp`         questions by SNMP, v2c and v3
`snmp_secret`  what devices are asked with by SNMP
`device_mib`   what a printer or a PC says of itself by SNMP
`scan`         what answers in a network of the ward's own
`comparison`   an answer held against what was known before: what has changed
`reader`       asks all devices for ever
"""
