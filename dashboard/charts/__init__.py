"""What is drawn.

`chart`     what charts over time have in common, and the plain one
`graph`     a chart's place on a page
`bars`      how many of each kind, the largest first
`arrivals`  who comes and how long they wait, through one day
`heatmap`   a cell for every hour of every weekday
"""
