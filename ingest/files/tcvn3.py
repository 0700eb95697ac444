"""TCVN3: texts in the encoding of the old Vietnamese fonts (.VnTime), which no codec of Python reads.

Its bytes are those of TCVN 5712:1993 (VN3). A text in such a font looks like Latin letters elsewhere: `Céng hßa` is “Cộng hòa”. Capital
letters with a tone have no code of their own; such fonts (.VnTimeH) draw small letters as capitals.
"""

_LETTERS = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộ",
    0xEA: "ờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
"""Letters in a row, by the code of the first."""

_TABLE = {first + place: letter for first, letters in _LETTERS.items() for place, letter in enumerate(letters)}


def from_tcvn3(text: str) -> str:
    """A text whose bytes were taken for Latin-1, as it was meant."""
    return text.translate(_TABLE)
