"""The command that installs extras of taskmill into the environment that runs this."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any
from urllib.parse import unquote, urlsplit


def install_hint(*extras: str) -> str:
    """A `pip install` line for extras, from where this taskmill came: a path, Git or an index."""
    wanted = f"[{','.join(extras)}]"
    source = _source()
    url = source.get("url")
    if not isinstance(url, str):
        return f"pip install {shlex.quote(f'taskmill{wanted}')}"
    if source.get("dir_info", {}).get("editable"):
        folder = unquote(urlsplit(url).path)
        return f"pip install -e {shlex.quote(f'{folder}{wanted}')}"
    if "vcs_info" in source:
        url = f"{source['vcs_info']['vcs']}+{url}"
    return f"pip install {shlex.quote(f'taskmill{wanted} @ {url}')}"


def _source() -> dict[str, Any]:
    """Where taskmill was installed from, as pip and uv record it; empty: from an index."""
    try:
        found = json.loads(distribution("taskmill").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
