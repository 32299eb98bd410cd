"""Which column of a customers' file is which: headings in Chinese and English (pure)."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

Column = Literal[
    "name", "phones", "grade", "kind", "project", "building", "unit", "room", "tags", "note", "external_id"
]

HEADINGS: dict[Column, tuple[str, ...]] = {
    "name": (
        "姓名",
        "name",
        "客户姓名",
        "客户名称",
        "名称",
        "业主",
        "业主姓名",
        "客户",
        "customer",
        "customer name",
        "full name",
    ),
    "phones": (
        *(
            "电话",
            "phone",
            "phones",
            "手机",
            "手机号",
            "手机号码",
            "联系电话",
            "电话号码",
            "号码",
            "联系方式",
            "座机",
            "固定电话",
        ),
        *("备用电话", "其他电话", "mobile", "telephone", "tel", "cell", "phone number", "mobile number", "other phone"),
    ),
    "grade": ("等级", "grade", "级别", "客户等级", "客户级别", "level"),
    "kind": ("类型", "kind", "客户类型", "客户类别", "type", "customer type"),
    "project": ("项目", "project", "小区", "楼盘", "项目名称", "estate"),
    "building": ("楼栋", "building", "栋", "楼号", "栋号", "幢", "block", "tower"),
    "unit": ("单元", "unit", "单元号", "entrance"),
    "room": ("房号", "room", "房间", "房间号", "室", "户号", "flat", "apartment"),
    "tags": ("标签", "tags", "tag", "labels"),
    "note": ("备注", "note", "notes", "说明", "remark", "remarks", "comment"),
    "external_id": ("客户编号", "external_id", "编号", "外部编号", "客户号", "id", "customer id", "customer no"),
}
REQUIRED: tuple[Column, ...] = ("name", "phones")
DELIMITERS = (",", ";", "\t")
_COLUMN_OF: dict[str, Column] = {}


class Headings(NamedTuple):
    """`columns[i]` is what the i-th cell means, None for a column that is not read."""

    delimiter: str
    columns: tuple[Column | None, ...]
    ignored: tuple[str, ...]
    missing: tuple[Column, ...]
    repeated: tuple[str, ...]


def column_of(heading: str) -> Column | None:
    """The column that this heading names; case, blanks, `(必填)`, `*` and a phone's running number do not matter."""
    plain = _plain(heading)
    if found := _COLUMN_OF.get(plain):
        return found
    column = _COLUMN_OF.get(plain.rstrip("0123456789一二三四五"))
    return column if column == "phones" else None


def _plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).casefold()
    return re.sub(r"\(.*?\)|[\s_*:.\-\ufeff\"']", "", text)


_COLUMN_OF.update({_plain(heading): column for column, headings in HEADINGS.items() for heading in headings})


def read_headings(cells_by_delimiter: dict[str, list[str]]) -> Headings:
    """The reading of the first line, split by each delimiter, in which most headings make sense."""
    readings = [_read(delimiter, cells) for delimiter, cells in cells_by_delimiter.items()]
    return max(
        readings, key=lambda reading: (sum(column is not None for column in reading.columns), len(reading.columns))
    )


def _read(delimiter: str, cells: list[str]) -> Headings:
    columns = tuple(map(column_of, cells))
    named = list(zip(cells, columns, strict=True))
    return Headings(
        delimiter,
        columns,
        ignored=tuple(cell.strip() for cell, column in named if column is None and cell.strip()),
        missing=tuple(column for column in REQUIRED if column not in columns),
        repeated=tuple(
            cell.strip() for cell, column in named if column not in (None, "phones") and columns.count(column) > 1
        ),
    )


def accepted(columns: tuple[Column, ...]) -> str:
    """The usual headings of these columns, for a person to read: `姓名 / name; 电话 / phone`."""
    return "; ".join(" / ".join(HEADINGS[column][:2]) for column in columns)
