"""What administrators set up in the browser: declarations with their versions, addresses, secrets, on and off.

All of it lies in the data folder and is taken up while everything runs. Variables and `.env` go before what is set here.

`administration`  answers what the board asks, and does what it is told
`choices`         what is set of each source: off, its address, its secret
`declarations`    the files of declared connectors, with their versions
`device_lists`    the lists of devices of sources that have several
`event_import`    a file of events of before, as what its rows would become
`network_scan`    what answers in a network of the ward's own, when an administrator asks for it
`effective`       the settings as they are with what is set here
`form`            a declaration as a form, and a form as a declaration
`watch`           notices what was changed, and begins those sources anew
"""
