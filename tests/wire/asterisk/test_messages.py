from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.errors import Problem

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.ami"))


def parse(*pieces: bytes) -> list[AmiMessage]:
    parser = AmiParser()
    return [message for piece in pieces for message in parser.feed(piece)]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_captured_stream_reads_the_same_whatever_the_cuts(path: Path) -> None:
    data = path.read_bytes()
    whole = parse(data)
    assert parse(*(data[index : index + 1] for index in range(len(data)))) == whole
    assert parse(*(data[index : index + 997] for index in range(0, len(data), 997))) == whole


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_no_event_of_a_captured_stream_is_lost(path: Path) -> None:
    data = path.read_bytes()
    assert sum(1 for message in parse(data) if message.name) == data.count(b"Event: ")


def test_repeated_headers_are_all_kept_in_order() -> None:
    (message,) = parse(b"Event: X\r\nChanVariable: a=1\r\nChanVariable: b=2\r\n\r\n")
    assert message.all("chanvariable") == ("a=1", "b=2")
    assert message.get("ChanVariable") == "a=1"
    assert message.get("Missing", "none") == "none"


def test_extra_blank_lines_hide_no_message() -> None:
    messages = parse(b"\r\n\r\n\r\nEvent: A\r\n\r\n\r\n\r\nEvent: B\r\n\r\n")
    assert [message.name for message in messages] == ["A", "B"]


def test_banner_is_no_event() -> None:
    messages = parse(b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 7\r\n\r\n")
    assert [(message.name, message.response, message.action_id) for message in messages] == [
        ("", "", ""),
        ("", "Success", "7"),
    ]


def test_follows_takes_raw_lines_until_its_end_mark() -> None:
    data = b"Response: Follows\r\nActionID: 1\r\nNo colon here\nsecond\r\n\r\nstill: output\r\n--END COMMAND--\r\n\r\n"
    follows, after = parse(data, b"Event: After\r\n\r\n")
    assert follows.action_id == "1"
    assert "No colon here\nsecond" in follows.all("Output")
    assert after.name == "After"


def test_values_keep_colons_and_any_bytes() -> None:
    (message,) = parse(b"Event: X\r\nCallerIDName: \xff\xe5\xbc\xa0: a\r\nEmpty:\r\n\r\n")
    assert message.get("calleridname") == "\ufffd张: a"
    assert message.get("empty", "default") == ""


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("张三丰".encode(), "张三丰"),
        ("张三丰".encode("gbk"), "张三丰"),
        ("欧阳娜娜".encode("gb18030"), "欧阳娜娜"),
        (b"Zhang " + "三".encode("gbk"), "Zhang 三"),
        ("物业服务中心张".encode()[:-1], "物业服务中心\ufffd"),
        ("张三".encode()[:-2], "张\ufffd"),
        ("物业服务".encode()[:-1] + b'" <13800138000>', '物业服\ufffd" <13800138000>'),
        (b"caf\xc3\xa9", "café"),
        (b"\xff\xff", "\ufffd\ufffd"),
    ],
)
def test_names_are_read_in_the_encoding_they_came_in(raw: bytes, text: str) -> None:
    (message,) = parse(b"Event: X\r\nCallerIDName: " + raw + "\r\nConnectedLineName: 李四\r\n\r\n".encode())
    assert message.get("CallerIDName") == text
    assert message.get("ConnectedLineName") == "李四"
    assert message.headers[1] == ("CallerIDName", text)


def test_a_message_can_be_made_again_from_its_bytes() -> None:
    for path in CAPTURES:
        for message in parse(path.read_bytes()):
            again = AmiMessage(message.raw)
            assert (again, again.name, again.response) == (message, message.name, message.response)


def test_a_message_made_of_headers_has_the_bytes_of_one_that_came() -> None:
    made = AmiMessage((("Event", "X"), ("CallerIDName", "张"), ("Empty", "")))
    assert made.raw == "Event: X\r\nCallerIDName: 张\r\nEmpty: ".encode()
    assert AmiMessage(made.raw) == made
    assert (made.name, made.get("calleridname"), made.get("Empty", "none")) == ("X", "张", "")


def test_a_header_is_found_as_it_is_spelled_before_others_of_the_name() -> None:
    raw = b"Event: X\r\nvariable: a\r\nVariable: b"
    assert AmiMessage(raw).get("Variable") == "b"
    assert AmiMessage(raw).get("VARIABLE") == "a"
    asked = AmiMessage(raw)
    assert [asked.get("Variable"), asked.get("Variable"), asked.get("variable")] == ["b", "b", "a"]


def test_what_looks_like_a_header_in_a_commands_output_is_output() -> None:
    data = b"Response: Follows\r\nPrivilege: Command\r\nName/user: x\r\nActionID: 9\r\n--END COMMAND--\r\n\r\n"
    (message,) = parse(data)
    assert message.all("Output") == ("Name/user: x", "ActionID: 9")
    assert message.action_id == ""


def test_names_are_counted_as_they_come() -> None:
    counted: list[str] = []
    parser = AmiParser(counted.extend)
    list(parser.feed(b"Event: A\r\nX: 1\r\n\r\nResponse: Success\r\n\r\nEvent: " + b"B" * 60 + b"\r\n"))
    assert (counted, parser.plain) == (["A", ""], False)
    list(parser.feed(b"\r\nEvent: C\r\n\r\n"))
    assert counted == ["A", "", "B" * 60, "C"]
    list(parser.feed(b"Event: C\r\n\r\n\r\nEvent: D\r\n\r\n"))
    assert counted[4:] == ["C", "D"]
    assert parser.plain
    list(parser.feed(b"\r\n\r\n\r\nEvent: E\r\n\r\n"))
    assert counted[6:] == ["E"]


def test_a_peer_that_never_ends_a_message_is_refused() -> None:
    parser = AmiParser()
    with pytest.raises(Problem, match="asterisk_not_ami"):
        for _ in range(100):
            list(parser.feed(b"x" * 65536))


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_bytes_break_the_reader(pieces: list[bytes]) -> None:
    parse(*pieces)


@given(
    st.lists(
        st.tuples(st.from_regex(r"[A-Z][A-Za-z]{0,8}", fullmatch=True), st.text("abc :=张", max_size=9)), max_size=8
    ),
    st.integers(1, 40),
)
def test_what_was_sent_is_what_is_read(headers: list[tuple[str, str]], step: int) -> None:
    sent = [("Event", "X"), *headers]
    data = "".join(f"{name}: {value}\r\n" for name, value in sent).encode() + b"\r\n"
    (message,) = parse(*(data[index : index + step] for index in range(0, len(data), step)))
    assert message.headers == tuple(sent)
