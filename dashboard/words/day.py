"""Day: what people call a day - its weekday and date, and the holiday that it is."""

from datetime import date

from dashboard.words import text
from ingest.contract.calendar import day_off_name
from ingest.contract.label import Language


def day_text(day: date, language: Language) -> str:
    """A day with its weekday: `thứ Ba 24/11`."""
    weekday = text.DAYS[day.weekday()].text(language)
    return f"{weekday[0].lower() + weekday[1:] if language == 'vi' else weekday} {day:%d/%m}"


def holiday(day: date, language: Language) -> str:
    """The name of the holiday; empty on any other day."""
    found = day_off_name(day)
    return found.text(language) if found else ""
