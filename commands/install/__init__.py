"""One install.

`settings`           the settings of all folders together
`processes`          the processes that make up a running install
`preflight`          what may stand in the way of a start
`lock`               whether an install runs, and what a crash left behind
`store_command`      what the commands that change the board's store share
`ports`              our ports, which are free, and who holds one that is not
`figure_import`      figures from a file, planned and sent
`event_import`       the same of events of before
`secret_files`       secrets made at first start
`pretend_clock`      what time it is in the pretend ward
`terminal`           telling a person something: sentences, tables, progress
`offline_warehouse`  our own engine on the folder of an install that does not run
`backup_comparison`  what a backup holds against what is there
"""
