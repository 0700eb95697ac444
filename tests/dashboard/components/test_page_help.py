import pytest

from dashboard.apps.page_list import pages
from dashboard.components.page_help import guide_sections


@pytest.mark.parametrize("path", pages())
def test_the_guide_has_a_section_for_every_page(path):
    """Under the page's Vietnamese name; with English beside it, and no link to a file that the board does not serve."""
    section = guide_sections()[pages()[path].label.vi]
    assert len(section.vi) > 80
    assert len(section.en) > 40
    assert section.text("en") == section.en
    assert section.text("vi") == section.vi
    assert "](" not in section.vi + section.en
    assert "English" not in section.vi + section.en
    for of_installers in ("./ioc", "IOC_", ".toml", "Người cài đặt:"):
        assert of_installers not in section.vi + section.en, "it is done in the browser, or by others"
