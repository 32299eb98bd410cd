"""Whatever way a number is written, and wherever it gets into a log line, it is not to be read there."""

from __future__ import annotations

import io
import json
import re
import time
import unicodedata
from datetime import datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from callcenter import logs
from callcenter.masking import masked, masked_text
from callcenter.setting_groups import LogSettings


def digits(first: str, rest: int) -> st.SearchStrategy[str]:
    return st.builds(
        lambda head, tail: head + tail,
        st.sampled_from(list(first)),
        st.text("0123456789", min_size=rest, max_size=rest),
    )


AREA = st.sampled_from(["010", "020", "021", "0755", "0871"])
EIGHT, SEVEN, MOBILE = digits("23456789", 7), digits("23456789", 6), st.builds("1{}".format, digits("3456789", 9))


def shape(form: str, number: str) -> str:
    """`form` with each # replaced by the number's next digit."""
    left = iter(number)
    return "".join(next(left) if each == "#" else each for each in form)


MOBILE_FORMS = [
    *(
        "###########",
        "### #### ####",
        "###-####-####",
        "###.####.####",
        "###–####–####",
        "####-###-####",
        "###-########",
    ),
    *("### ### #####", "##### ######", "+86###########", "+86 ### #### ####", "+86-###-####-####", "(+86)###########"),
    *("0086###########", "0086-###-####-####", "86###########", "86-###########", "86 ### #### ####", "0###########"),
    *("+86 (0)### #### ####", "（+86）### #### ####", "＋86###########", "tel:+86-###-####-####", "%2B86###########"),
    *(
        "caller###########",
        "###########ext1001",
        "<sip:###########@10.0.0.5:5060>",
        '"陈静" <###########>',
        "手机###########。",
    ),
]
LANDLINE_FORMS = [
    *("{0}{1}{2}", "{0}-{1}{2}", "{0} {1}{2}", "({0}){1}{2}", "({0}) {1}{2}", "({0}){1}-{2}", "（{0}）{1}-{2}"),
    *(
        "{0} {1} {2}",
        "{0}-{1}-{2}",
        "（{0}）{1}{2}",
        "({0})-{1}{2}",
        "tel{0}{1}{2}",
        "{0}{1}{2}转801",
        "{0}-{1}{2}-801",
    ),
    *("{0}{1}{2}x801", "{1}-{2}", "{1}{2}"),
]
ABROAD_FORMS = [
    *("+86 20 ########", "+86-20-####-####", "+86(20)########", "(86)20-########", "86-20-########", "+8620########"),
    *(
        "+86 (0)20 #### ####",
        "0086 20 ########",
        "+852 #### ####",
        "00852-########",
        "+1 (212) 5##-####",
        "+44 20 #### ####",
    ),
    *("+49-####-####", "400-####-###", "(212) 5##-####", "212-5##-####"),
]
FORMS = st.one_of(
    st.builds(shape, st.sampled_from(MOBILE_FORMS), MOBILE),
    st.builds(
        lambda form, area, rest: form.format(area, rest[:-4], rest[-4:]),
        *(st.sampled_from(LANDLINE_FORMS), AREA, EIGHT | SEVEN),
    ),
    st.builds(shape, st.sampled_from(ABROAD_FORMS), EIGHT),
)
AROUND = st.sampled_from(
    [
        *(
            "{}",
            " {} ",
            "call from {} to 1001",
            "来电{}，转1001",
            "'{}'",
            "({!r}, 7)",
            "[{}]",
            "{}\n",
            "x={};y=1",
            "a/{}/b",
            "{}@trunk",
        ),
        *(
            "ValueError: {} is no number",
            "PJSIP/{}@trunk-0a1b2c3d;1",
            "&{}&",
            "number={}",
            "{{'a': '{}'}}",
            "{}, {}",
            "_{}_",
        ),
    ]
)


def readable_digits(text: str) -> list[str]:
    """Runs of digits as a person takes them together, in ASCII; without what a mask leaves."""
    plain = unicodedata.normalize("NFKC", re.sub(r"\*{3}\d{2,4}", "***", text))
    return ["".join(filter(str.isdigit, run)) for run in re.findall(r"[\d(][\d ()./–-]*", plain)]


def hidden(shown: str, written: str) -> bool:
    """Of six digits of the number in a row none is left."""
    number = "".join(filter(str.isdigit, unicodedata.normalize("NFKC", written)))
    parts = {number[at : at + 6] for at in range(len(number) - 5)}
    return not any(part in run for run in readable_digits(shown) for part in parts)


@given(FORMS, AROUND)
def test_in_a_text(number: str, around: str) -> None:
    shown = masked_text(around.format(number, number))
    assert hidden(shown, number), shown


@given(
    FORMS,
    st.sampled_from(
        ["event", "reason", "exception", "number", "to", "dialled", "message", "CallerIDNum", "url", "path"]
    ),
)
def test_in_a_field(number: str, field: str) -> None:
    for value in (number, [number], {number: number}, {"inside": (number, None)}, ValueError(number)):
        assert hidden(str(masked({field: value})), number)


@given(
    st.text("0123456789", min_size=6, max_size=20),
    st.sampled_from(["to", "dialled", "number", "CallerIDNum", "connected_number"]),
)
def test_short_ones_are_known_by_their_name(number: str, name: str) -> None:
    """A caller in another firm's house has six digits, and so does much that is no number."""
    for text in (
        f"{name}='{number}'",
        f"{{'{name}': '{number}'}}",
        f"(('{name}', '{number}'),)",
        f'{{"{name}":"{number}"}}',
    ):
        assert number not in masked_text(text)
    assert number not in str(masked({name: number}))
    assert number not in masked_text(f"CallerIDNum: {number}\r\nExten: s")


DATES = st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001  # hypothesis wants them so
IDS = st.one_of(
    st.uuids().map(str),
    st.builds("{}.{}".format, st.integers(1_000_000_000, 1_999_999_999), st.integers(0, 999_999)),
    st.builds("callcenter-{}.{}".format, st.integers(1_500_000_000, 1_999_999_999), st.integers(0, 9999)),
    DATES.map(datetime.isoformat),
    DATES.map(lambda at: at.isoformat(" ", "seconds") + "+08:00"),
    DATES.map("{:%Y-%m-%dT%H:%M:%S.%fZ}".format),
    st.integers(100, 99_999).map(str),
    st.integers(100, 99_999).map("PJSIP/{}".format),
    st.builds("PJSIP/{}-{:08x}".format, st.integers(100, 99_999), st.integers(0, 0xFFFFFFF)),
    st.builds(
        "Local/{}@agents-{:08x};{}".format, st.integers(100, 99_999), st.integers(0, 0xFFFFFFF), st.integers(1, 2)
    ),
    st.ip_addresses(v=4).map("{}:5060".format),
    st.builds("{:06d}-{:04d}".format, st.integers(202001, 209912), st.integers(0, 9999)),
    st.binary(min_size=16, max_size=32)
    .map(bytes.hex)
    .filter(lambda text: re.search("[a-f]", text) and not re.search(r"\d{11}", text)),
)


@given(IDS, st.sampled_from(["{}", "call {} ended", "({})", "'{}'", "id={},", "通话{}结束", "{}: {}"]))
def test_what_is_followed_through_a_log_stays(text: str, around: str) -> None:
    line = around.format(text, text)
    assert masked_text(line) == line
    assert masked({"reason": line}) == {"reason": line}


@pytest.mark.parametrize("house", ["101", "1001", "80001"])
def test_numbers_of_the_house_stay(house: str) -> None:
    fields = {"to": house, "dialled": house, "number": house, "extension": house, "extensions": [house, None]}
    assert masked(fields) == fields


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "(('CallerIDName', '陈静'), ('Uniqueid', 'a-1700000000.1'))",
            "(('CallerIDName', '***'), ('Uniqueid', 'a-1700000000.1'))",
        ),
        ("CallerIDName: Chen Jing\r\nExten: s", "CallerIDName: ***\r\nExten: s"),
        (r"b'CallerIDName: Chen Jing\r\nExten: s'", r"b'CallerIDName: ***\r\nExten: s'"),
        ("agi_calleridname: 陈静\nagi_uniqueid: 1700000000.1", "agi_calleridname: ***\nagi_uniqueid: 1700000000.1"),
        ("[type=int, input_value={'who': 'Chen'}, input_type=dict]", "[type=int, input_value=***, input_type=dict]"),
        ("null value\nDETAIL:  Failing row contains (陈静, 600123).\n[SQL: x]", "null value\nDETAIL:  ***\n[SQL: x]"),
    ],
)
def test_a_caller_s_name_is_hidden_where_it_is_known(text: str, shown: str) -> None:
    assert masked_text(text) == shown


def test_in_the_log_of_a_process() -> None:
    """Also what an exception says, and what other libraries log."""
    stream = io.StringIO()
    logs.configure(LogSettings(level="info"), "ami", stream)
    log = structlog.get_logger("callcenter.calls.applier")
    try:
        {"x": 1}["陈静 (020)8888-6666"]
    except KeyError:
        log.exception("ledger_message_failed", caller_name="陈静", to="600123", to_extension="1001")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["caller_name"], line["to"], line["to_extension"]) == ("***", "***23", "1001")
    assert line["exception"].endswith("KeyError: '***'")
    assert not re.search("陈静|8888", stream.getvalue())


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "1",
            "a",
            "a_",
            "a-",
            "(",
            "- ",
            "+1",
            "86",
            "020 ",
            "0 ",
            "1-",
            "'a':'",
            "number='",
            "'中",
            "://",
            "x:",
            "password=",
        ),
        *("input_value=", "CallerIDNum: ", "DETAIL: ", "bearer a", "138 "),
    ],
)
def test_what_is_long_is_masked_soon(piece: str) -> None:
    """A peer's answer, or an exception's words, must not hold a process up: a longer text takes as much longer."""
    begun = time.process_time()
    masked({"exception": piece * (200_000 // len(piece)) + "="})
    assert time.process_time() - begun < 5
