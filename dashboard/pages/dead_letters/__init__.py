"""What could not be processed, and sending it again.

`page`       the layout
`callbacks`  finds dead letters, tries and sends them again, lets halted streams go on
`tables`     dead letters, duplicates and halted streams as rows
`choice`     what the browser says is chosen, checked
"""
