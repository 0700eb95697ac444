"""What could not be processed.

`stored`  dead letters as they are stored, and what became of those that were sent again
`resend`  dead letters tried again and sent
`by_day`  how many came on each day, by reason
"""
