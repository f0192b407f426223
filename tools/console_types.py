"""Writes the API's types for the console's scripts, `app/api/types.d.ts`, of `/openapi.json`.

python tools/console_types.py           # after a change of a route or a model of the API
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from taskmill.http.app import build_app
from taskmill.http.openapi import document_of

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "lambdas" / "taskmill" / "console" / "static" / "app" / "api" / "types.d.ts"
_HEAD = """\
// Made by tools/console_types.py of the API's /openapi.json; a test compares.
// Numbers that a double does not hold as written come as `Num` (models/exact-json.js).
"""
_PLAIN = {"string": "string", "boolean": "boolean", "null": "null", "integer": "number"}


def main() -> int:
    """Write the file anew."""
    TARGET.write_text(declarations())
    print(f"wrote {TARGET.relative_to(ROOT)}")
    return 0


def declarations() -> str:
    """The content of the file."""
    document = json.loads(document_of(build_app(), tokens=False))
    schemas: dict[str, Any] = document["components"]["schemas"]
    return _HEAD + "".join(f"\n{_declared(name, schemas[name])}" for name in sorted(schemas))


def _declared(name: str, schema: Mapping[str, Any]) -> str:
    name = _identifier(name)
    if "properties" not in schema:
        return f"export type {name} = {_type(schema)};\n"
    return f"export interface {name} {{\n{''.join(_members(schema))}}}\n"


def _members(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, each in schema["properties"].items():
        key = name if name.isidentifier() else json.dumps(name)
        # The API leaves out what is null: what has a default may be absent.
        yield f"  {key}{'' if name in required else '?'}: {_type(each)};\n"


def _type(schema: Any) -> str:
    """The type that a schema allows, as TypeScript writes it."""
    if not isinstance(schema, Mapping):
        return "unknown"
    if "$ref" in schema:
        return _identifier(schema["$ref"].rsplit("/", 1)[-1])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _either(map(_type, schema[several]))
    if "const" in schema or "enum" in schema:
        return _either(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return _either(_type({**schema, "type": each}) for each in kind)
    return _of_kind(kind, schema)


def _of_kind(kind: str | None, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(map(_type, schema['prefixItems']))}]"
        return f"Array<{_type(schema.get('items'))}>"
    if kind == "object" and "properties" in schema:
        return f"{{ {' '.join(each.strip() for each in _members(schema))} }}"
    if kind == "object":
        return f"Record<string, {_type(schema.get('additionalProperties'))}>"
    return "number" if kind == "number" else _PLAIN.get(kind or "", "unknown")


def _either(types: Iterator[str]) -> str:
    return " | ".join(dict.fromkeys(types)) or "unknown"


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


if __name__ == "__main__":
    sys.exit(main())
