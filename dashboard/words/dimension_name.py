"""Dimension name: what people call that by which a figure is split."""

from ingest.contract.label import Label

DIMENSIONS = {
    "service_code": Label("dịch vụ", "service"),
    "field_code": Label("lĩnh vực", "field"),
    "procedure_code": Label("thủ tục", "procedure"),
    "channel": Label("kênh", "channel"),
    "area_code": Label("tổ dân phố", "residential group"),
    "delay_reason": Label("lý do chậm", "reason of delay"),
    "platform": Label("nền tảng", "platform"),
    "bulletin_type": Label("loại bản tin", "kind of bulletin"),
    "detection": Label("loại sự kiện", "kind of event"),
    "object_class": Label("đối tượng", "object"),
    "severity": Label("mức", "severity"),
    "camera_id": Label("camera", "camera"),
    "zone_id": Label("khu vực", "zone"),
    "category": Label("loại thiết bị", "kind of device"),
    "place": Label("nơi đặt", "place"),
    "device_id": Label("thiết bị", "device"),
    "app": Label("phần mềm", "software"),
    "dataset": Label("bộ số liệu", "dataset"),
    "subject_code": Label("nội dung", "subject"),
}
"""Dimensions that people ask for; a history can be split by them."""


def dimension_name(code: str) -> Label:
    """The name of a dimension; of one that nobody asks for, its code."""
    return DIMENSIONS.get(code, Label(code, code))
