"""Numbers in the shapes that people, spreadsheets and trunks write them. The house stands in Guangzhou (020)."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callcenter.customers.numbers import PhoneRegion, display, parse

GUANGZHOU = PhoneRegion("CN", "020", ("1000-1999", "801-829", "60000-60999"))
NOWHERE = PhoneRegion()

# written | E.164 | national | kind | extension ("-" for none)
TABLE = """
13800138000              | +8613800138000 | 13800138000  | mobile   | -
138 0013 8000            | +8613800138000 | 13800138000  | mobile   | -
138-0013-8000            | +8613800138000 | 13800138000  | mobile   | -
138.0013.8000            | +8613800138000 | 13800138000  | mobile   | -
１３８００１３８０００       | +8613800138000 | 13800138000  | mobile   | -
１３８－００１３－８０００    | +8613800138000 | 13800138000  | mobile   | -
013800138000             | +8613800138000 | 13800138000  | mobile   | -
0 138 0013 8000          | +8613800138000 | 13800138000  | mobile   | -
+8613800138000           | +8613800138000 | 13800138000  | mobile   | -
+86 138 0013 8000        | +8613800138000 | 13800138000  | mobile   | -
＋８６１３８００１３８０００   | +8613800138000 | 13800138000  | mobile   | -
(+86)13800138000         | +8613800138000 | 13800138000  | mobile   | -
（+86）138 0013 8000      | +8613800138000 | 13800138000  | mobile   | -
+86-013800138000         | +8613800138000 | 13800138000  | mobile   | -
8613800138000            | +8613800138000 | 13800138000  | mobile   | -
86-138-0013-8000         | +8613800138000 | 13800138000  | mobile   | -
86 13800138000           | +8613800138000 | 13800138000  | mobile   | -
008613800138000          | +8613800138000 | 13800138000  | mobile   | -
0086-138-0013-8000       | +8613800138000 | 13800138000  | mobile   | -
+008613800138000         | +8613800138000 | 13800138000  | mobile   | -
1795113800138000         | +8613800138000 | 13800138000  | mobile   | -
12593013800138000        | +8613800138000 | 13800138000  | mobile   | -
手机：13800138000         | +8613800138000 | 13800138000  | mobile   | -
联系电话: 138-0013-8000   | +8613800138000 | 13800138000  | mobile   | -
="013800138000"          | +8613800138000 | 13800138000  | mobile   | -
'13800138000             | +8613800138000 | 13800138000  | mobile   | -
"王小明" <13800138000>    | +8613800138000 | 13800138000  | mobile   | -
13800138000@wx           | +8613800138000 | 13800138000  | mobile   | -
19912345678              | +8619912345678 | 19912345678  | mobile   | -
16712345678              | +8616712345678 | 16712345678  | mobile   | -
17012345678转4321         | +8617012345678 | 17012345678  | mobile   | 4321
17012345678-4321         | +8617012345678 | 17012345678  | mobile   | 4321
17012345678,4321#        | +8617012345678 | 17012345678  | mobile   | 4321
02088886666              | +862088886666  | 02088886666  | fixed    | -
020-88886666             | +862088886666  | 02088886666  | fixed    | -
(020) 8888-6666          | +862088886666  | 02088886666  | fixed    | -
（020）88886666            | +862088886666  | 02088886666  | fixed    | -
020—8888 6666            | +862088886666  | 02088886666  | fixed    | -
2088886666               | +862088886666  | 02088886666  | fixed    | -
20 8888 6666             | +862088886666  | 02088886666  | fixed    | -
88886666                 | +862088886666  | 02088886666  | fixed    | -
8888-6666                | +862088886666  | 02088886666  | fixed    | -
+862088886666            | +862088886666  | 02088886666  | fixed    | -
+86 (0)20 8888 6666      | +862088886666  | 02088886666  | fixed    | -
+86 020 88886666         | +862088886666  | 02088886666  | fixed    | -
+8688886666              | +862088886666  | 02088886666  | fixed    | -
0086-20-88886666         | +862088886666  | 02088886666  | fixed    | -
862088886666             | +862088886666  | 02088886666  | fixed    | -
8620-8888-6666           | +862088886666  | 02088886666  | fixed    | -
86-20-88886666           | +862088886666  | 02088886666  | fixed    | -
020-88886666转801         | +862088886666  | 02088886666  | fixed    | 801
020-88886666 转 801       | +862088886666  | 02088886666  | fixed    | 801
020-88886666（转801）      | +862088886666  | 02088886666  | fixed    | 801
020-88886666分机：801      | +862088886666  | 02088886666  | fixed    | 801
020-88886666-801         | +862088886666  | 02088886666  | fixed    | 801
020-8888-6666-801        | +862088886666  | 02088886666  | fixed    | 801
(020)88886666-8012       | +862088886666  | 02088886666  | fixed    | 8012
88886666-801             | +862088886666  | 02088886666  | fixed    | 801
86668018-8012            | +862086668018  | 02086668018  | fixed    | 8012
8888-6666-801            | +862088886666  | 02088886666  | fixed    | 801
+86-20-88886666-801      | +862088886666  | 02088886666  | fixed    | 801
88886666 ext 801         | +862088886666  | 02088886666  | fixed    | 801
88886666 Ext. 801        | +862088886666  | 02088886666  | fixed    | 801
88886666x801             | +862088886666  | 02088886666  | fixed    | 801
88886666#801             | +862088886666  | 02088886666  | fixed    | 801
01088886666              | +861088886666  | 01088886666  | fixed    | -
010-8888-6666            | +861088886666  | 01088886666  | fixed    | -
1088886666               | +861088886666  | 01088886666  | fixed    | -
0755-88886666            | +8675588886666 | 075588886666 | fixed    | -
075588886666             | +8675588886666 | 075588886666 | fixed    | -
0755-8888-6666           | +8675588886666 | 075588886666 | fixed    | -
75588886666              | +8675588886666 | 075588886666 | fixed    | -
8675588886666            | +8675588886666 | 075588886666 | fixed    | -
86-755-8888-6666         | +8675588886666 | 075588886666 | fixed    | -
0668-2888666             | +866682888666  | 06682888666  | fixed    | -
0668-2888666-88          | +866682888666  | 06682888666  | fixed    | 88
0668-2888666-8           | +866682888666  | 06682888666  | fixed    | 8
17951075588886666        | +8675588886666 | 075588886666 | fixed    | -
4001234567               | +864001234567  | 4001234567   | service  | -
400-123-4567             | +864001234567  | 4001234567   | service  | -
400 1234 567             | +864001234567  | 4001234567   | service  | -
400-123-4567转2            | +864001234567  | 4001234567   | service  | 2
400-123-4567-802         | +864001234567  | 4001234567   | service  | 802
+864001234567            | +864001234567  | 4001234567   | service  | -
8008101234               | +868008101234  | 8008101234   | service  | -
800-810-1234             | +868008101234  | 8008101234   | service  | -
95588                    | -              | 95588        | service  | -
+8695588                 | -              | 95588        | service  | -
8610086                  | -              | 10086        | service  | -
95013123                 | -              | 95013123     | service  | -
12345                    | -              | 12345        | service  | -
12315                    | -              | 12315        | service  | -
020-12345                | -              | 12345        | service  | -
0755-12345               | -              | 075512345    | service  | -
010-96310                | -              | 01096310     | service  | -
+861012345               | -              | 01012345     | service  | -
110                      | -              | 110          | service  | -
10086                    | -              | 10086        | service  | -
106575258192144          | -              | 106575258192144 | service | -
1001                     | -              | 1001         | internal | -
1999                     | -              | 1999         | internal | -
801                      | -              | 801          | internal | -
60123                    | -              | 60123        | internal | -
sip:1001@10.0.0.5:5060   | -              | 1001         | internal | -
2001                     | -              | -            | unknown  | -
830                      | -              | -            | unknown  | -
sip:013800138000@10.0.0.5;user=phone  | +8613800138000 | 13800138000 | mobile | -
"a" <sip:+8613800138000@ims.example>  | +8613800138000 | 13800138000 | mobile | -
sips:%2B8613800138000@ims.example     | +8613800138000 | 13800138000 | mobile | -
sip:13800138000:secret@h.example      | +8613800138000 | 13800138000 | mobile | -
tel:+86-138-0013-8000                 | +8613800138000 | 13800138000 | mobile | -
tel:+86-20-8888-6666;ext=801          | +862088886666  | 02088886666 | fixed  | 801
tel:88886666;phone-context=+8620      | +862088886666  | 02088886666 | fixed  | -
sip:alice@example.com    | -              | -            | unknown  | -
sip:10.0.0.5             | -              | -            | unknown  | -
sip:anonymous@anonymous.invalid | -       | -            | withheld | -
                         | -              | -            | withheld | -
anonymous                | -              | -            | withheld | -
Anonymous                | -              | -            | withheld | -
unknown                  | -              | -            | withheld | -
<unknown>                | -              | -            | withheld | -
"" <>                    | -              | -            | withheld | -
Restricted               | -              | -            | withheld | -
Private Number           | -              | -            | withheld | -
隐藏号码                  | -              | -            | withheld | -
未知号码                  | -              | -            | withheld | -
匿名                      | -              | -            | withheld | -
-                        | -              | -            | withheld | -
0                        | -              | -            | withheld | -
00000000                 | -              | -            | withheld | -
+1 415 555 2671          | +14155552671   | 4155552671   | unknown  | -
+1 (415) 555-2671        | +14155552671   | 4155552671   | unknown  | -
0014155552671            | +14155552671   | 4155552671   | unknown  | -
001-415-555-2671         | +14155552671   | 4155552671   | unknown  | -
+1-415-555-2671-22       | +14155552671   | 4155552671   | unknown  | 22
+44 20 7183 8750         | +442071838750  | 02071838750  | fixed    | -
+44 (0)20 7183 8750      | +442071838750  | 02071838750  | fixed    | -
+44 7911 123456          | +447911123456  | 07911123456  | mobile   | -
0081 90 1234 5678        | +819012345678  | 09012345678  | mobile   | -
+852 2123 4567           | +85221234567   | 21234567     | fixed    | -
00852-9123-4567          | +85291234567   | 91234567     | mobile   | -
+853 6612 3456           | +85366123456   | 66123456     | mobile   | -
+886 912 345 678         | +886912345678  | 0912345678   | mobile   | -
+12                      | -              | -            | unknown  | -
+999123456789            | -              | -            | unknown  | -
13800138                 | -              | -            | unknown  | -
138001380001             | -              | -            | unknown  | -
12800138000              | -              | -            | unknown  | -
1.38001E+10              | -              | -            | unknown  | -
13800138000/13900139000  | -              | -            | unknown  | -
没有电话                   | -              | -            | unknown  | -
call me                  | -              | -            | unknown  | -
"""
ROWS = [
    [None if (cell := each.strip()) == "-" else cell for each in line.split("|")]
    for line in TABLE.strip("\n").split("\n")
]


@pytest.mark.parametrize(("raw", "e164", "national", "kind", "extension"), ROWS)
def test_shapes(raw: str | None, e164: str | None, national: str | None, kind: str, extension: str | None) -> None:
    number = parse(raw or "-", GUANGZHOU)
    assert (number.e164, number.national, number.kind, number.extension) == (e164, national, kind, extension)
    assert number.raw == (raw or "-")


@pytest.mark.parametrize("raw", [row[0] or "-" for row in ROWS])
def test_what_is_shown_finds_the_same_customer(raw: str) -> None:
    number = parse(raw, GUANGZHOU)
    if number.national:
        assert parse(display(number), GUANGZHOU).lookup_key == number.lookup_key


@pytest.mark.parametrize(
    ("raw", "shown", "key"),
    [
        ("+8613800138000", "138 0013 8000", "+8613800138000"),
        ("88886666转801", "020-88886666-801", "+862088886666"),
        ("0755 88886666", "0755-88886666", "+8675588886666"),
        ("4001234567", "400-123-4567", "+864001234567"),
        ("020-12345", "12345", "12345"),
        ("1001", "1001", "1001"),
        ("2001", "2001", "2001"),
        ("0014155552671", "+1 415-555-2671", "+14155552671"),
        ("+85221234567", "+852 2123 4567", "+85221234567"),
        ("anonymous", "", None),
        ("call me", "call me", None),
        ("12", "12", None),
    ],
)
def test_display_and_key(raw: str, shown: str, key: str | None) -> None:
    number = parse(raw, GUANGZHOU)
    assert (display(number), number.lookup_key) == (shown, key)


def test_without_an_own_area_code_a_local_number_is_known_but_not_completed() -> None:
    number = parse("88886666", NOWHERE)
    assert (number.e164, number.national, number.kind, number.lookup_key) == (None, "88886666", "fixed", "88886666")


def test_seven_digit_town() -> None:
    maoming = PhoneRegion("CN", "668")
    assert parse("2888666", maoming).e164 == "+866682888666"
    assert parse("2888666-12", maoming).extension == "12"


def test_an_internal_range_does_not_hide_the_police() -> None:
    region = PhoneRegion("CN", "020", ("100-199", "10000-10999"))
    assert parse("110", region).kind == "service"
    assert parse("111", region).kind == "internal"
    assert parse("10086", region).kind == "internal"


def test_a_house_in_another_country() -> None:
    hong_kong = PhoneRegion("HK", internal=("200-299",))
    assert parse("2123 4567", hong_kong).e164 == "+85221234567"
    assert parse("201", hong_kong).kind == "internal"
    assert parse("+86 138 0013 8000", hong_kong).national == "13800138000"


@pytest.mark.parametrize(
    ("country", "area_code", "internal"),
    [("XX", "", ()), ("CN", "o20", ()), ("CN", "", ("10",)), ("CN", "", ("1999-1000",)), ("CN", "", ("100-1999",))],
)
def test_a_region_that_makes_no_sense_is_refused(country: str, area_code: str, internal: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="such as"):
        PhoneRegion(country, area_code, internal)


SPELLED = st.text(st.sampled_from("0123456789+-() .转x#,;:@<>\"'=%全８６１３siptelexb&\u200b\ufeff٣"), max_size=24)
DIALLED = st.from_regex(r"(\+|00|\+86|86|0)?[0-9]{2,14}([- 转][0-9]{1,5})?", fullmatch=True)


@given(
    st.one_of(st.text(), SPELLED, DIALLED), st.sampled_from([GUANGZHOU, NOWHERE, PhoneRegion("US"), PhoneRegion("HK")])
)
@example("9" * 100_000, GUANGZHOU)
@example("\ud800<sip:%ff@", GUANGZHOU)
@example("tel:;ext;phone-context=+", GUANGZHOU)
def test_never_raises_and_reading_its_own_answer_changes_nothing(raw: str, region: PhoneRegion) -> None:
    number = parse(raw, region)
    assert isinstance(display(number), str)
    if number.e164 is not None:
        again = parse(number.e164, region)
        assert (again.e164, again.national, again.kind) == (number.e164, number.national, number.kind)
        assert again.lookup_key == number.lookup_key == number.e164


@settings(deadline=None)
@given(DIALLED)
def test_showing_a_number_does_not_lose_it(raw: str) -> None:
    number = parse(raw, GUANGZHOU)
    if number.e164 is not None:
        assert parse(display(number), GUANGZHOU).e164 == number.e164
