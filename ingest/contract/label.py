"""Label: a name that a person reads, in Vietnamese and in English."""

from typing import Literal, NamedTuple

Language = Literal["vi", "en"]


class Label(NamedTuple):
    """A text in both languages of the board; Vietnamese is the one shown first."""

    vi: str
    en: str

    def text(self, language: Language) -> str:
        """The text in the given language."""
        return self.vi if language == "vi" else self.en
