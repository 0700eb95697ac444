"""Grid words: what the analysts' grids say by themselves, where it is not English."""

from ingest.contract.label import Language

_VI = {
    "noRowsToShow": "Không có dòng nào",
    "loadingOoo": "Đang tải…",
    "filterOoo": "Lọc…",
    "contains": "Có chứa",
    "notContains": "Không chứa",
    "equals": "Bằng",
    "notEqual": "Khác",
    "startsWith": "Bắt đầu bằng",
    "endsWith": "Kết thúc bằng",
    "blank": "Trống",
    "notBlank": "Không trống",
    "andCondition": "VÀ",
    "orCondition": "HOẶC",
    "ariaFilteringOperator": "Phép so sánh",
    "ariaFilterInput": "Giá trị lọc",
    "ariaFilterValue": "Giá trị lọc",
    "ariaFilterMenuOpen": "Mở bộ lọc",
    "ariaRowSelect": "Nhấn phím cách để chọn dòng này",
    "ariaRowDeselect": "Nhấn phím cách để bỏ chọn dòng này",
    "ariaRowToggleSelection": "Nhấn phím cách để đổi lựa chọn dòng",
    "ariaHeaderSelection": "Cột có ô chọn tất cả",
    "ariaSortableColumn": "Nhấn Enter để sắp xếp",
    "ariaChecked": "đã chọn",
    "ariaUnchecked": "chưa chọn",
}


def grid_words(language: Language) -> dict[str, str]:
    """By the grid's own keys; nothing where its own words will do."""
    return _VI if language == "vi" else {}
