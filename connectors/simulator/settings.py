"""Settings of the pretend ward."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SimulatorSettings(BaseSettings):
    """What the pretend ward plays. Addresses and secrets it takes from the connectors' settings, its clock from ingest's."""

    model_config = SettingsConfigDict(env_prefix="IOC_SIMULATOR_", env_file=".env", extra="ignore", frozen=True)

    seed: int = 1
    """Seed of the pretend ward: another seed gives other visits, dossiers and failures."""
    backfill: timedelta = Field(timedelta(days=7), ge=timedelta(0), le=timedelta(days=60))
    """How far back the kiosk, the dossier system and the office send their past at the first start."""
    device_memory: timedelta = Field(timedelta(minutes=30), ge=timedelta(0), le=timedelta(days=1))
    """How far back cameras and heartbeats are sent at the first start."""
