"""A part for tests: says that it runs, and sleeps until told to stop."""

import time

from ingest.runtime.process import prepare_process

if __name__ == "__main__":
    prepare_process("sleeper")
    print("sleeping", flush=True)
    time.sleep(600)
