"""What pages are made of.

`tile`            how an indicator stands on the screen
`absence`         what is not connected, which leaves its room to the rest
`card`            one question of a page, declared as a value
`widget`          what is drawn in a card beneath its figures
`entered_list`    figures that people enter, each with its period
`trend`           a figure against the same time last week
`table`           rows that need no sorting
`header`          the head and the foot of every wall page
`page_help`       what a page is for, from the guide
`group_map`       the ward as a grid of its residential groups
`balance`         how many dossiers are received and not finished, and where they are
`broadcasts`      what the loudspeakers play today
`silent_devices`  devices that count as taken down
`alarm_panel`     alarms as a list on the wall
"""
