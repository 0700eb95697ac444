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

    def lower(self) -> "Label":
        """The text within a sentence."""
        return Label(self.vi.lower(), self.en.lower())

    def filled(self, **values: object) -> "Label":
        """The text with values put into its words; one that is a label itself in the same language."""
        vi, en = (
            {name: value[index] if isinstance(value, Label) else value for name, value in values.items()}
            for index in range(2)
        )
        return Label(self.vi.format(**vi), self.en.format(**en))
