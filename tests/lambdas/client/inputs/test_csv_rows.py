"""CSV as spreadsheets write it: what is doubtful is refused, with the line."""

from pathlib import Path
from typing import Any

import pytest

from taskmill.client.inputs.elements import read_elements
from taskmill.errors import InvalidRequest

BOM = b"\xef\xbb\xbf"


def read(folder: Path, text: bytes, **options: Any) -> list[Any]:
    (folder / "rows.csv").write_bytes(text)
    return list(read_elements(folder / "rows.csv", **options))


@pytest.mark.parametrize(
    "text",
    [
        b"a,b\n1,2\n",
        b"a;b\n1;2\n",
        b"a\tb\n1\t2\n",
        b"a|b\n1|2\n",
        b"a,b\r\n1,2\r\n",
        b"a,b\n\n1,2\n\n",
        BOM + b"a;b\r\n1;2",
        b'"a";"b"\n"1";"2"\n',
    ],
)
def test_the_header_shows_the_delimiter(tmp_path: Path, text: bytes) -> None:
    assert read(tmp_path, text) == [{"a": "1", "b": "2"}]


def test_delimiters_in_quotes_do_not_count(tmp_path: Path) -> None:
    assert read(tmp_path, b'"a;x","b\ny"\n1,2\n') == [{"a;x": "1", "b\ny": "2"}]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, b"a\n1\n2\n") == [{"a": "1"}, {"a": "2"}]


def test_a_field_may_have_line_breaks_and_quotes(tmp_path: Path) -> None:
    assert read(tmp_path, b'a,b\n"1\n2","say ""x"""\n') == [{"a": "1\n2", "b": 'say "x"'}]


def test_the_delimiter_may_be_said(tmp_path: Path) -> None:
    assert read(tmp_path, b"a,x;b\n1;2\n", delimiter=";") == [{"a,x": "1", "b": "2"}]
    assert read(tmp_path, b"a:b\n1:2\n", delimiter=":") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a,b;c\n1,2\n", "the header has comma and semicolon: say which is the delimiter"),
        (b"a;b\tc\n1;2\n", "the header has semicolon and tab"),
        (b"a,a\n1,2\n", "the header has 'a' more than once"),
        (b"a,b,a\n1,2,3\n", "the header has 'a' more than once"),
        (b"a,\n1,2\n", "the header has no name for field 2"),
        (b",b\n1,2\n", "the header has no name for field 1"),
        (b"a, ,c\n1,2,3\n", "the header has no name for field 2"),
        (b"", "line 1 has no header"),
        (b"\na\n1\n", "line 1 has no header"),
        (BOM, "line 1 has no header"),
        (b"a,b\n1\n", "line 2 has not as many fields as the header: 1, not 2"),
        (b"a,b\n1,2\n1,2,3\n", "line 3 has not as many fields as the header: 3, not 2"),
        (b'a,b\n1,"2\n3"\n4\n', "line 4 has not as many fields"),
        (b'a,b\n1,"2\n', "line 2: unexpected end of data"),
        (b'a,b\n1,"2"x\n', "line 2: ',' expected after '\"'"),
        (b"a\n" + b"x" * 131_073 + b"\n", r"line 2: field larger than field limit \(131072\)"),
        (b"a\n\xe4\n", "line 2: it is not UTF-8"),
        ("a\nä\n".encode("utf-16"), "line 1: it is not UTF-8, but UTF-16: save it as UTF-8"),
        (b"a\n" + b"x" * (7 << 20), "line 2 is longer than 6,291,456 bytes"),
    ],
    ids=range(19),
)
def test_what_is_doubtful_is_refused_with_its_line(
    tmp_path: Path, text: bytes, problem: str
) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        read(tmp_path, text)
