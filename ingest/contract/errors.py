"""Errors, named by what the caller has to do about them.

IocError
  InvalidEvent        this event can never succeed       -> dead letter, go on
  InvalidInput        a text, packet or request is none  -> refuse it, tell its sender
  Unavailable         a service is away                  -> back off, offer the same again
  NotReady            a process cannot work yet          -> say so where its health is asked for
  Overloaded          too much at once                   -> tell the client when to ask again
  Refused             a rule or a limit forbids it       -> tell the person which; nothing was done
    QueryRefused      ad-hoc SQL broke a rule or a limit -> tell the person, with the limit
  ConfigurationError  we are set up wrong                -> stop at start, say what to fix

Every error class of ours is one of these, or a kind of one. Anything else is a bug: crash, be restarted, lose nothing.
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


class InvalidInput(IocError):
    """An invalid text, packet or request; its sender is told so, and nothing was done."""


class NotReady(IocError):
    """A process, or a part of one, that cannot work yet; the message says what is missing."""


class Overloaded(IocError):
    """Too much at once, of one client or of all; the same may succeed after `retry_after`."""

    def __init__(self, detail: str, retry_after: timedelta) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Refused(IocError):
    """A rule or a limit forbids what was asked for; nothing was done."""


class QueryRefused(Refused):
    """An ad-hoc query broke a rule or a limit; the message says which, and its value."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.rule = rule


class ConfigurationError(IocError):
    """A setting is wrong; the message says which one, and how to fix it."""
