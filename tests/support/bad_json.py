"""JSON that every door refuses: by name its bytes, and words of the message."""

from taskmill.model.given_elements import MAX_ELEMENT_BYTES

BAD = {
    "nested 201 deep": (b"[" * 201 + b"]" * 201, "more than 200 levels"),
    "nested 5,000 deep": (b"[" * 5_000 + b"]" * 5_000, "more than 200 levels"),
    "objects 5,000 deep": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "more than 200 levels"),
    "nested 100,000 deep and cut off": (b"[" * 100_000, "more than 200 levels"),
    "a number of 5,000 digits": (b"9" * 5_000, "more than 4,300 digits"),
    "a negative one within an object": (b'{"a": -' + b"9" * 4_301 + b"}", "4,300 digits"),
    "NaN": (b"NaN", "NaN is not a JSON number"),
    "Infinity": (b"[-Infinity]", "-Infinity is not a JSON number"),
    "1e999": (b"[1e999]", "beyond the range of a double"),
    "400 digits and a point": (b"9" * 400 + b".5", "beyond the range of a double"),
    "a lone surrogate": (b'"\\ud800"', "lone surrogate"),
    "a lone surrogate as a name": (b'{"\\uDFFF": 1}', "lone surrogate"),
    "Latin-1": (b'"\xe4"', "not UTF-8"),
    "UTF-16": ('"a"'.encode("utf-16-le"), "not JSON"),
    "UTF-16 with its mark": ('"a"'.encode("utf-16"), "UTF-16: save it as UTF-8"),
    "a surrogate in UTF-8": (b'"\xed\xa0\x80"', "not UTF-8"),
    "two marks": (b"\xef\xbb\xbf\xef\xbb\xbf1", "not JSON"),
    "two values": (b"1 2", "Extra data"),
    "cut off": (b'{"a": ', "Expecting value"),
    "a comment": (b"1 // one", "Extra data"),
    "single quotes": (b"{'a': 1}", "property name enclosed in double quotes"),
    "a control character": (b'"\x01"', "Invalid control character"),
    "a zero byte": (b"\x00", "Expecting value"),
    "too large": (b'"' + b"x" * MAX_ELEMENT_BYTES + b'"', "larger than 6,291,456 bytes"),
}
