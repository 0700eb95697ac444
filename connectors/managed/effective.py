"""Effective settings: the settings with what is set in the browser; a variable or `.env` goes before it."""

from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from connectors.managed.choices import GivenKey, SourceChoice, SourceChoices
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import Connector, DeviceProbe, Subscription, Webhook, is_asked


def effective_settings(
    settings: ConnectorsSettings, choices: SourceChoices, connectors: Iterable[Connector]
) -> ConnectorsSettings:
    """The settings of these connectors as they are now.

    Raises:
        ConfigurationError: what was set is damaged.
    """
    chosen = choices.all()
    urls = {id_: one.url for id_, one in chosen.items() if one.url} | settings.urls
    tokens, secrets = dict(settings.tokens), dict(settings.secrets)
    for one in connectors:
        choice, given = chosen.get(one.id, SourceChoice()), choices.given(one.id)
        if (is_asked(one.way) or isinstance(one.way, DeviceProbe)) and given is not None:
            tokens.setdefault(one.id, SecretStr(given.key))
        elif isinstance(one.way, Webhook) and one.id not in secrets:
            live = _live_secrets(settings, one, one.way, choice, given)
            if live:
                secrets[one.id] = SecretStr(",".join(live))
    generations = {
        one.id: (chosen[one.id].generation, chosen[one.id].overlaps())
        for one in connectors
        if isinstance(one.way, Subscription) and one.id in chosen
    }
    return settings.with_choices(urls=urls, tokens=tokens, secrets=secrets, generations=generations)


def _live_secrets(
    settings: ConnectorsSettings, connector: Connector, way: Webhook, choice: SourceChoice, given: GivenKey | None
) -> list[str]:
    """The secrets of a source that posts, newest first; none where it is the derived one that was never changed."""
    if given is not None:
        return [given.key, *([given.previous] if given.previous and choice.overlaps() else [])]
    if not choice.generation or way.proof.scheme == "network":
        return []
    generations = [choice.generation, *([choice.generation - 1] if choice.overlaps() else [])]
    live = [settings.derived_webhook_secret(connector.id, one) for one in generations]
    return live if way.proof.scheme == "standard_webhooks" else [one.removeprefix("whsec_") for one in live]


def key_kind(connector: Connector, choices: SourceChoices, settings: ConnectorsSettings) -> str:
    """Whether a source's secret is made here, given by the source, or there is none yet."""
    own: Mapping[str, object] = settings.secrets | settings.tokens
    if choices.given(connector.id) is not None or connector.id in own:
        return "given"
    return "made" if isinstance(connector.way, Webhook | Subscription) else "none"
