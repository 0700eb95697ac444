"""A part that answers `/livez` on the port that it is given, until it is frozen."""

import os
import threading

from ingest.contract.settings import HealthSettings
from ingest.runtime import metrics
from ingest.runtime.health import Health, listener_of, serve_health
from ingest.runtime.liveness import Liveness, Pulse
from ingest.runtime.readiness import Readiness

ready = Readiness({})
health = Health("hanging", Liveness(Pulse(), (), ready), ready, metrics.registry())
serve_health(health, listener_of(HealthSettings(_env_file=None), int(os.environ["IOC_TEST_PORT"])))
print("working", flush=True)
threading.Event().wait()
