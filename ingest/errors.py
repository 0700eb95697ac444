"""Errors, named by what the caller has to do about them.

IocError
  InvalidEvent        this event can never succeed  -> dead letter, go on
  Unavailable         a service is away             -> back off, offer the same again
  QueryRefused        ad-hoc SQL broke a limit      -> tell the person, with the limit
  ConfigurationError  we are set up wrong           -> stop at start, say what to mend

Anything else is a bug: crash, be restarted, lose nothing.
"""

from datetime import timedelta


class IocError(Exception):
    """The root of every error that a caller is meant to handle."""


class InvalidEvent(IocError):
    """An event that can never be processed; it goes to the dead letters.

    Args:
        reason: stable code for counting and filtering, for example `time_in_future`.
        detail: one sentence that names the field, the rule and, where it is not personal, the value.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unavailable(IocError):
    """A service is away; the same call may succeed after `retry_after`."""

    def __init__(self, service: str, detail: str, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(f"{service} is away: {detail}")
        self.service = service
        self.retry_after = retry_after


class QueryRefused(IocError):
    """An ad-hoc query broke a rule or a limit; the message says which, and its value."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


class ConfigurationError(IocError):
    """A setting is wrong; the message says which one, and how to mend it."""
