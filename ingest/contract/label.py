"""Label: a name that a person reads, in Vietnamese and in English."""

from collections.abc import Callable
from typing import Literal, NamedTuple

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")


class Label(NamedTuple):
    """A text in both languages of the board; Vietnamese is the one shown first."""

    vi: str
    en: str
    one: str = ""
    """In English of exactly one, where that differs: Vietnamese nouns have no plural."""

    @property
    def both(self) -> tuple[str, str]:
        """Vietnamese and English."""
        return self.vi, self.en

    def text(self, language: Language, **values: object) -> str:
        """The text in the given language, with values put into its words; a `count` decides between singular and plural."""
        said = self.vi if language == "vi" else self.one if self.one and str(values.get("count")) == "1" else self.en
        return said.format(**values) if values else said

    def lower(self) -> "Label":
        """The text within a sentence."""
        return self.changed(str.lower)

    def changed(self, change: Callable[[str], str]) -> "Label":
        """The text after a change of its words in each language."""
        return Label(change(self.vi), change(self.en), self.one and change(self.one))

    def filled(self, **values: object) -> "Label":
        """The text with values put into its words; one that is a label itself in the same language."""
        vi, en = (
            {name: value.text(language) if isinstance(value, Label) else value for name, value in values.items()}
            for language in LANGUAGES
        )
        return Label(self.text("vi", **vi), self.text("en", **en))
