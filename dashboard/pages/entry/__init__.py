"""Figures that people enter.

`page`       the layout
`callbacks`  what is due, entering, confirming, correcting
`files`      a file: what it would change, doing it, undoing it
`tables`     what is shown as rows
"""
