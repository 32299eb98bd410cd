"""Customers' files as people send them: every encoding, delimiter and slip gets rows or a clear word, never a crash."""

from __future__ import annotations

import io
from itertools import chain, islice, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.customers import import_text
from callcenter.customers.importing import HomeAddress, ImportRow, LineError, Sheet, read
from callcenter.customers.numbers import PhoneRegion

REGION = PhoneRegion("CN", "020", ("1000-1999",))
FULL = (
    "客户编号,姓名,电话,等级,类型,项目,楼栋,单元,房号,标签,备注\n"
    "C1,王小明,13800138000；020-88886666转801,A,个人,云山花园,3栋,2单元,1203,业委会、VIP,喜欢下午接电话\n"
)


def sheet_of(text: str | bytes, **more: int) -> Sheet:
    return read(io.BytesIO(text.encode() if isinstance(text, str) else text), REGION, **more)


def entries_of(text: str | bytes) -> list[ImportRow | LineError]:
    return list(sheet_of(text).entries)


def rows_of(text: str | bytes) -> list[ImportRow]:
    entries = entries_of(text)
    assert [each for each in entries if isinstance(each, LineError)] == []
    return [each for each in entries if isinstance(each, ImportRow)]


def errors_of(text: str | bytes) -> list[tuple[int, str | None, str, str]]:
    errors = [each for each in entries_of(text) if isinstance(each, LineError)]
    return [(each.line, each.field, each.code, each.value) for each in errors]


def with_phone(cell: str) -> str:
    return f'name,phone\n王,"{cell}"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(encoding: str, delimiter: str, end: str) -> None:
    [row] = rows_of(FULL.replace(",", delimiter).replace("\n", end).encode(encoding))
    assert row == ImportRow(
        line=2,
        name="王小明",
        phones=row.phones,
        kind="person",
        grade="A",
        home=HomeAddress("云山花园", "3栋", "2单元", "1203"),
        tags=("业委会", "VIP"),
        note="喜欢下午接电话",
        external_id="C1",
    )
    assert [(each.e164, each.extension) for each in row.phones] == [("+8613800138000", None), ("+862088886666", "801")]


def test_gb18030_is_recognised_when_chinese_comes_late() -> None:
    plain = "".join(f"Customer {number},1380013{number:04d}\n" for number in range(9000))
    text = f"name,phone\n{plain}王小明,13900139000\n"
    assert sheet_of(text.encode("gb18030")).encoding == "gb18030"
    assert rows_of(text.encode("gb18030"))[-1].name == "王小明"


def test_one_spoilt_character_does_not_spoil_the_file() -> None:
    text = "姓名,电话\n王小明,13800138000\n李四,13900139000\n".encode().replace("李".encode(), b"\xe6\x9d")
    assert errors_of(text) == [(3, "name", "import_bad_characters", "\ufffd四")]


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        ("姓名,电话", ("name", "phones")),
        ("Name,Phone", ("name", "phones")),
        (" 姓名 * ,联系电话（必填）", ("name", "phones")),
        ("客户姓名,手机号码,等级", ("name", "phones", "grade")),
        ("NAME,Phone Number,External_ID", ("name", "phones", "external_id")),
        ("姓名,电话1,电话2,手机３", ("name", "phones")),
        ('"name","phones"', ("name", "phones")),
        ("ｎａｍｅ,ｐｈｏｎｅ", ("name", "phones")),
    ],
)
def test_headings(headings: str, columns: tuple[str, ...]) -> None:
    assert sheet_of(f"{headings}\n王,13800138000\n").columns == columns


def test_headings_that_mean_nothing_are_named_and_left_out() -> None:
    sheet = sheet_of("姓名,星座,电话,\n王,狮子,13800138000,\n")
    assert sheet.ignored == ("星座",)
    assert [each.name for each in sheet.entries if isinstance(each, ImportRow)] == ["王"]


def test_missing_column_names_what_is_accepted() -> None:
    [error] = entries_of("姓名,住址\n王,广州\n")
    assert error == LineError(
        1,
        "phones",
        "import_missing_column",
        "姓名,住址",
        {"missing": "电话 / phone", "required": "姓名 / name; 电话 / phone"},
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import_empty"),
        (b"\xef\xbb\xbf", "import_empty"),
        (b"\n\r\n ,,\n", "import_empty"),
        ("姓名,电话\n".encode(), "import_empty"),
        ("姓名,电话\n,\n\n".encode(), "import_empty"),
        (b"PK\x03\x04rest", "import_is_excel"),
        (b"\xd0\xcf\x11\xe0rest", "import_is_excel"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "import_missing_column"),
        (b"x" * 300_000, "import_line_too_long"),
        ("姓名,name,电话\n王,王,13800138000\n".encode(), "import_repeated_column"),
    ],
)
def test_files_that_are_none(content: bytes, code: str) -> None:
    assert [each[2] for each in errors_of(content)] == [code]


def test_a_line_above_the_headings_may_name_the_delimiter() -> None:
    assert rows_of("sep=;\n姓名;电话\n王,小明;13800138000\n")[0].name == "王,小明"
    assert rows_of("\n\n姓名,电话\n王,13800138000\n")[0].line == 4


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = '姓名,电话,备注\n王,13800138000,"一\n二"\n\n李,13900139000,\n'
    assert [(row.line, row.note) for row in rows_of(text)] == [(2, "一\n二"), (5, None)]


def test_a_quote_left_open_costs_one_line() -> None:
    text = '姓名,电话\n"王,13800138000\n李,13900139000\n张"三",13700137000\n"赵"四,13700137000\n孙,13600136000\n'
    assert errors_of(text) == [(2, None, "import_broken_quote", ""), (5, None, "import_broken_quote", "")]
    assert [(each.line, each.name) for each in entries_of(text) if isinstance(each, ImportRow)] == [
        (3, "李"),
        (4, '张"三"'),
        (6, "孙"),
    ]


def test_every_error_of_a_line_at_once_and_the_next_line_still_read() -> None:
    text = f"姓名,电话,等级,类型,备注\n,138,E,外星人,{'长' * 2001}\n李,13900139000,,,\n"
    assert errors_of(text) == [
        (2, "name", "import_name_missing", ""),
        (2, "phones", "import_phone_invalid", "138"),
        (2, "kind", "import_kind_unknown", "外星人"),
        (2, "grade", "import_grade_unknown", "E"),
        (2, "note", "import_too_long", "长" * 99 + "…"),
    ]
    assert [each.line for each in entries_of(text) if isinstance(each, ImportRow)] == [3]


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("13800138000", ["+8613800138000"]),
        ("13800138000;13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000；88886666", ["+8613800138000", "+862088886666"]),
        ("13800138000;88886666", ["+8613800138000", "+862088886666"]),
        ("13800138000/020-88886666", ["+8613800138000", "+862088886666"]),
        ("13800138000、13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000,13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000 13900139000", ["+8613800138000", "+8613900139000"]),
        ("13800138000\n13900139000", ["+8613800138000", "+8613900139000"]),
        ("138 0013 8000 / 139 0013 9000", ["+8613800138000", "+8613900139000"]),
        ("13800138000；+86 138-0013-8000", ["+8613800138000"]),
        ("88886666,801", ["+862088886666"]),
        ("13800138000.0", ["+8613800138000"]),
        ("2088886666", ["+862088886666"]),
        ("1001", [None]),
    ],
)
def test_phones_of_one_cell(cell: str, phones: list[str | None]) -> None:
    assert [each.e164 for each in rows_of(with_phone(cell))[0].phones] == phones


@pytest.mark.parametrize(
    ("cell", "code", "value"),
    [
        ("", "import_phone_missing", ""),
        (" ； ", "import_phone_missing", ""),
        ("1.38001E+10", "import_phone_scientific", "1.38001E+10"),
        ("13800138000;1380013", "import_phone_invalid", "1380013"),
        ("匿名", "import_phone_invalid", "匿名"),
        ("没有", "import_phone_invalid", "没有"),
        ("; ".join(f"1380013800{n}; 1390013900{n}" for n in range(6)), "import_too_many", None),
    ],
)
def test_phones_that_are_none(cell: str, code: str, value: str | None) -> None:
    [error] = errors_of(with_phone(cell))
    assert error[:3] == (2, "phones", code)
    assert value is None or error[3] == value


@pytest.mark.parametrize(
    ("cell", "grade"), [("A", "A"), ("b", "B"), ("Ｃ", "C"), ("D级", "D"), ("A类", "A"), ("Grade A", "A"), ("", None)]
)
def test_grades(cell: str, grade: str | None) -> None:
    assert rows_of(f"姓名,电话,等级\n王,13800138000,{cell}\n")[0].grade == grade


@pytest.mark.parametrize(
    ("cell", "kind"), [("个人", "person"), ("Household", "household"), ("公司", "firm"), ("firm", "firm"), ("", None)]
)
def test_kinds(cell: str, kind: str | None) -> None:
    assert rows_of(f"姓名,电话,类型\n王,13800138000,{cell}\n")[0].kind == kind


def test_duplicates_name_the_first_line() -> None:
    text = (
        "客户编号,姓名,电话,房号\n"
        "C1,王,13800138000,101\n"
        "C1,王小明,13900139000,\n"
        ",李,13700137000;88886666,101\n"
        ",李,020-88886666;+8613700137000,101\n"
        ",李,13700137000;88886666,102\n"
        ",李太太,13700137000;88886666,101\n"
    )
    errors = [each for each in entries_of(text) if isinstance(each, LineError)]
    assert errors == [
        LineError(3, "external_id", "import_duplicate", "C1", {"first": 2}),
        LineError(5, "name", "import_duplicate", "李", {"first": 4}),
    ]


def test_short_lines_are_filled_and_long_ones_refused() -> None:
    text = "姓名,电话,备注\n王,13800138000\n李,13900139000,,,\n张,13700137000,你好,再见\n"
    assert errors_of(text) == [(4, None, "import_extra_cells", "再见")]
    assert len(entries_of(text)) == 3


def test_invisible_characters_go() -> None:
    assert rows_of("姓名,电话\n\u200b王\x00小\u202e明 ,\u202a13800138000\u202c\n")[0].name == "王小明"


def test_too_many_rows_stop_there() -> None:
    text = "姓名,电话\n" + "".join(f"王{n},1380013800{n}\n" for n in range(5))
    entries = list(sheet_of(text, most_rows=3).entries)
    assert [isinstance(each, ImportRow) for each in entries] == [True, True, True, False]
    assert entries[-1] == LineError(5, None, "import_too_many_rows", params={"limit": 3})


def test_a_line_without_end_stops_the_reading() -> None:
    text = "姓名,电话\n王,13800138000\n" + "9" * 400_000 + "\n李,13900139000\n"
    assert errors_of(text) == [(3, None, "import_line_too_long", "")]


class Endless(io.RawIOBase):
    """A file made while it is read: headings, then `count` lines. Remembers how much is asked for at once."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.largest = 0
        self.seek(0)

    def seek(self, offset: int, whence: int = 0) -> int:
        lines = (b"Wang %07d,138%08d\n" % (number, number) for number in range(self.count))
        self._parts = chain([b"name,phone\n"], lines)
        self._left = b""
        return offset

    def read(self, size: int = -1) -> bytes:
        self.largest = max(self.largest, size if size >= 0 else 1 << 40)
        while len(self._left) < size and (more := b"".join(islice(self._parts, 1000))):
            self._left += more
        answer, self._left = self._left[:size], self._left[size:]
        return answer


def test_a_huge_file_is_read_in_pieces() -> None:
    file = Endless(20_000)
    sheet = read(file, REGION)  # type: ignore[arg-type]
    assert sum(isinstance(each, ImportRow) for each in sheet.entries) == 20_000
    assert file.largest <= 64 * 1024


def test_the_file_stays_the_callers() -> None:
    file = io.BytesIO(FULL.encode())
    list(read(file, REGION).entries)
    assert not file.closed
    unread = read(file, REGION)
    file.close()
    del unread


@settings(deadline=None)
@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)),
    st.sampled_from(["", "姓名,电话\n", "name;phone\n"]),
)
def test_no_content_raises(content: bytes, headings: str) -> None:
    sheet = sheet_of(headings.encode() + content)
    for entry in sheet.entries:
        assert entry.line >= 1
        assert isinstance(entry, ImportRow) or entry.code.startswith("import_")


def test_pieces_may_cut_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_text, "_CHUNK", 1)
    text = FULL.replace("\n", "\r\n")
    assert rows_of(text.encode("gb18030"))[0].name == "王小明"
    assert rows_of(text)[0].note == "喜欢下午接电话"


def test_repeat_is_cheap_with_open_quotes_everywhere() -> None:
    text = "姓名,电话\n" + "".join(repeat('"a"b,1\n', 2000))
    assert len(errors_of(text)) == 2000
