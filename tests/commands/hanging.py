"""A part that answers `/livez` on the port that it is given, until it is frozen."""

import os
import threading

from ingest import metrics
from ingest.health import Health, listener_of, serve
from ingest.liveness import Liveness, Pulse
from ingest.readiness import Readiness
from ingest.settings import HealthSettings

ready = Readiness({})
health = Health("hanging", Liveness(Pulse(), (), ready), ready, metrics.registry())
serve(health, listener_of(HealthSettings(_env_file=None), int(os.environ["IOC_TEST_PORT"])))
print("working", flush=True)
threading.Event().wait()
