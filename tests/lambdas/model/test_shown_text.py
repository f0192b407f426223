"""What users store is shown harmlessly: in one line, without what a terminal obeys or hides."""

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.model.shown_text import log_line, one_line, safe_json

HARMFUL = {
    "a line break": "\n",
    "a carriage return": "\r",
    "a tab, which parts columns": "\t",
    "a bell": "\x07",
    "an escape sequence": "\x1b[2J",
    "a title": "\x1b]0;owned\x07",
    "a null": "\x00",
    "delete": "\x7f",
    "a C1 control sequence": "\x9b31m",
    "a C1 next line": "\x85",
    "a line separator": "\u2028",
    "a paragraph separator": "\u2029",
    "a right-to-left override": "\u202e",
    "a bidirectional isolate": "\u2066",
    "a right-to-left mark": "\u200f",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a word joiner": "\u2060",
    "a byte order mark": "\ufeff",
    "a soft hyphen": "\xad",
    "a Hangul filler": "\u3164",
    "a tag": "\U000e0041",
    "a hidden byte": "\U000e0110",
    "a lone high surrogate": "\ud800",
    "a lone low surrogate": "\udfff",
}
texts = st.text(st.characters(), max_size=20)
# Narrow, and so deep: a wide value takes Hypothesis as long as ten that are as deep.
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
def test_what_is_harmful_is_escaped(text: str) -> None:
    shown = one_line(f"a{text}b")

    assert shown.isascii()
    assert shown.isprintable()
    assert (shown[0], shown[-1]) == ("a", "b")
    assert eval(f'"{shown}"') == f"a{text}b"  # noqa: S307  # the escapes are those of Python


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "Łódź",
        "東京\u3000港区",
        "12\u202f345\xa0€",
        "❤\ufe0f 👍🏽",
        "नमस्ते",
        "שלום",
        "a\\n",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text
    assert safe_json(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)


@given(st.text(st.characters()))
def test_any_text_becomes_one_line_that_hides_nothing(text: str) -> None:
    shown = one_line(text)

    assert len(f"{shown}.".splitlines()) == 1
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL)
def test_in_json_it_is_escaped_as_json_does_it(text: str) -> None:
    document = safe_json(json.dumps([text, {text: 1}], ensure_ascii=False))

    assert document.isascii()
    assert document.isprintable()
    assert json.loads(document) == [text, {text: 1}]


@settings(max_examples=250)
@given(values, st.none() | st.just(2))
def test_a_document_has_the_same_value_and_the_same_lines(value: Any, indent: int | None) -> None:
    document = json.dumps(value, ensure_ascii=False, indent=indent)

    safe = safe_json(document)

    assert json.loads(safe) == value
    assert len(f"{safe}.".splitlines()) == document.count("\n") + 1
    safe.encode()


@settings(max_examples=250)
@given(st.dictionaries(texts, values, max_size=5))
def test_a_log_entry_is_one_line_of_json(entry: dict[str, Any]) -> None:
    line = log_line(entry)

    assert len(f"{line}.".splitlines()) == 1
    assert json.loads(line) == entry
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)


def test_what_is_not_json_is_logged_as_its_text() -> None:
    assert json.loads(log_line({"at": {1, 2}, "error": ValueError("a\x9bb")})) == {
        "at": "{1, 2}",
        "error": "a\x9bb",
    }
