"""What only developers run. It is left out of the image, and brings the packages of `requirements-dev.lock`.

`check`        lint, format, types, import rules
`test`         the tests
`mutations`    whether the tests notice when the code is changed in a single place
`bench`        throughput, latency and memory
`chaos`        faults at random, and everything held against everything
`soak`         a screen of the wall, watched for leaks
`screenshots`  pictures of every page
`figures`      writes `docs/figures.md` from the declarations
`pretend_map`  makes the boundaries of the pretend ward's residential groups
`env_example`  writes `.env.example` from the settings classes
`mutation/`    what `mutations` is made of
`load/`        load for the bench, and browsers
`nemesis/`     what `chaos` is made of
"""
