"""What is so now, as the board shows it and the alarm process judges it; neither is known here, and Dash is not in memory.

`alarm`      what an alarm is: the fold of its acts; pure
`page`       what a page is, and the state of the board that it shows
`queries`    how the warehouse is asked
`agreement`  memory compared with the warehouse, which is right
`figures`    the ward's figures, kept up to date in memory
"""
