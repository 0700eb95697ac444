"""What is drawn.

`chart`        the layer that every chart is made with: letters, colours, margins, axes, marks of numbers and times
`graph`        a chart's place on a page; sizes and colours are put in by the browser
`slot_chart`   how many in each slot of a stretch of time, now against usual
`arrivals`     who comes and how long they wait, through one day
`bars`         how many of each kind, the largest first
`columns`      how many of each kind on each day, without Plotly
`period_ways`  from a chart to other periods, beside the one before
`heatmap`      a cell for every hour of every weekday
"""
