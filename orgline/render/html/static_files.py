"""Assets: the scripts of the pages of the service, each under a name that changes with its text."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orgline.render.html.templates import TEMPLATES

STATIC_PATH = "/static/"
# The drawing library as pyvis carries it; looking for it does not load pyvis.
_VIS_NETWORK = ("pyvis", "templates/lib/vis-9.1.2/vis-network.min.js")
_OWN_SCRIPTS = ("suggest.js", "chart.js", "explore.js", "editor.js")
IMMUTABLE_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class StaticFile:
    """A script: where it stands on the service, its bytes, and the same made smaller."""

    address: str
    body: bytes
    compressed: bytes


@cache
def load_static_files() -> dict[str, StaticFile]:
    """Return the scripts by the last part of their addresses."""
    found = {}
    for path in (*(TEMPLATES / name for name in _OWN_SCRIPTS), _vis_network_path()):
        body = path.read_bytes()
        name = f"{path.name.removesuffix('.js')}-{hashlib.sha256(body).hexdigest()[:16]}.js"
        found[name] = StaticFile(STATIC_PATH + name, body, gzip.compress(body, 9, mtime=0))
    return found


@cache
def script(name: str) -> str:
    """Return where the script of the file `name` stands on the service.

    >>> script("suggest.js").startswith("/static/suggest-"), script("vis-network.min.js").endswith(".js")
    (True, True)
    """
    stem = name.removesuffix(".js") + "-"
    return next(one.address for key, one in load_static_files().items() if key.startswith(stem))


def _vis_network_path() -> Path:
    package, inside = _VIS_NETWORK
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)), inside)
