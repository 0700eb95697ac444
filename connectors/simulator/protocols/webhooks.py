"""Webhooks: the pretend systems that post, each on its own: the past as fast as it is accepted, then as it happens.

Posts are signed as in Standard Webhooks 1.0, with real time in the header whatever the pretend clock shows. What is not
accepted is posted again until it is.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx
from standardwebhooks import Webhook

from connectors.simulator.mark import Mark
from connectors.simulator.message import SimulatedMessage
from connectors.simulator.plan import posts_of_day
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day
from ingest.contract.clock import Clock

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Posts of the past that are under way at the same time."""

LONGEST_WAIT = 5.0
TRY_AGAIN = frozenset({401, 408, 429, 500, 502, 503, 504})
"""Answers after which the same post may be accepted later; 401 because a secret may be changed just now."""


class Sender:
    """Posts for the systems that push.

    Args:
        url: base URL of the intake.
        secrets: webhook secret of each system.
        pretend: the ward.
        clock: the shared clock.
        speed: how much faster than real time it runs.
        mark: how far each has spoken.
    """

    def __init__(
        self, url: str, secrets: Mapping[str, str], pretend: Pretend, clock: Clock, speed: float, mark: Mark
    ) -> None:
        self._url = url.rstrip("/")
        self._signers = {system: Webhook(secret) for system, secret in secrets.items()}
        self._pretend = pretend
        self._clock = clock
        self._speed = speed
        self._mark = mark
        self._http = httpx.AsyncClient(timeout=30, trust_env=False)
        self._refused: set[str] = set()

    async def speak(self, system: str) -> None:
        """Post all that the system has to say, for ever."""
        day = self._mark.resume(system, self._clock.now())
        while True:
            for batch in _batches(await asyncio.to_thread(posts_of_day, self._pretend, system, day, self._mark.since)):
                await self._until(batch[0].at)
                now = self._clock.now()
                await self._post_all([message for message in batch if message.at <= now])
                for message in batch:
                    if message.at > now:
                        await self._until(message.at)
                        await self._post(message)
                self._mark.sent(system, batch[-1].at)
            following = day + timedelta(days=1)
            while local_day(self._clock.now()) < following:
                await asyncio.sleep(min(LONGEST_WAIT, 60 / self._speed))
            day = following

    async def live(self, sign: Callable[[datetime], SimulatedMessage], every: timedelta) -> None:
        """Post a heartbeat, for ever.

        Args:
            sign: makes it.
            every: real time between two.
        """
        while True:
            await self._post(sign(self._clock.now()), once=True)
            await asyncio.sleep(every.total_seconds())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _post_all(self, messages: Sequence[SimulatedMessage]) -> None:
        await asyncio.gather(*(self._post(message) for message in messages))

    async def _until(self, at: datetime) -> None:
        while (left := (at - self._clock.now()).total_seconds() / self._speed) > 0:
            await asyncio.sleep(min(LONGEST_WAIT, left + 0.001))

    async def _post(self, message: SimulatedMessage, *, once: bool = False) -> None:
        pause = 0.2
        while not await self._accepted(message) and not once:
            await asyncio.sleep(pause)
            pause = min(10.0, pause * 2)

    async def _accepted(self, message: SimulatedMessage) -> bool:
        """Post once; whether there is nothing more to do."""
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signers[message.system].sign(message.id, now, message.body.decode()),
        }
        try:
            answer = await self._http.post(
                f"{self._url}/intake/{message.system}", content=message.body, headers=headers
            )
            said = f"status {answer.status_code}"
            again = answer.status_code in TRY_AGAIN
            refused = answer.status_code >= 300
        except httpx.HTTPError as error:
            said, again, refused = type(error).__name__, True, True
        if refused and message.system not in self._refused:
            log.warning("the webhook receiver refuses the posts of %s: %s", message.system, said)
        if refused:
            self._refused.add(message.system)
        elif message.system in self._refused:
            log.info("the webhook receiver accepts the posts of %s again", message.system)
            self._refused.discard(message.system)
        return not again


def _batches(messages: list[SimulatedMessage]) -> list[list[SimulatedMessage]]:
    return [messages[n : n + AT_ONCE] for n in range(0, len(messages), AT_ONCE)]
