"""`python -m streams`: one Faust worker. Start as many as there are cores to spare; they share the partitions."""

import gc

gc.disable()  # Imports make no garbage: looking for it would take a fifth of their time. `main` turns it on again.

from streams.start import main  # noqa: E402

if __name__ == "__main__":
    main()
