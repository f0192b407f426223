"""Secret texts within other texts, whole or in part."""

import time

import pytest

from taskmill.model.redaction import scrubbed, texts_in

TOKEN = "sk_live_0123456789_END"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"a {TOKEN} b", "a *** b"),
        ("input_value='sk_live_01...89_END'", "input_value='***...***'"),
        ("cut at sk_live_0…", "cut at ***…"),
        ("of two lines: sk_live\n56789_END", "of two lines: ***\n***"),
        ("sk_ is three", "sk_ is three"),
        ("nothing... of it", "nothing... of it"),
        ("", ""),
    ],
)
def test_a_secret_is_found_whole_and_where_it_is_cut(text: str, shown: str) -> None:
    assert scrubbed(text, frozenset({TOKEN, "another-secret"})) == shown


def test_a_hundred_thousand_secrets_take_no_minutes() -> None:
    secrets = texts_in([f"key-{each:06}-abcdefgh" for each in range(100_000)])
    text = "\n".join(
        f"line {each} of key-{each:06}-abcdefgh and key-{each:05}" for each in range(60)
    )

    begun = time.process_time()
    found = scrubbed(text, secrets)

    assert time.process_time() - begun < 5
    assert "key-" not in found
    assert found.startswith("line 0 of *** and ***\nline 1 of")
