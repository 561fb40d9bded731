"""The static scripts of the service, each under an address that contains a hash of its content."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orgline.render.html.templates import TEMPLATES
from orgline.text import require_extra

STATIC_PATH = "/static/"
# pyvis ships the drawing library vis-network. The file is located without importing pyvis, which takes a second.
VIS_NETWORK = "vis-network.min.js"
_VIS_NETWORK_FOLDER = "templates/lib/vis-9.1.2"
_OWN_SCRIPTS = ("suggest.js", "chart.js", "explore.js", "editor.js")
# The address changes with the content, so a browser may keep a script for a year.
IMMUTABLE_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class StaticFile:
    """A script of the service: its address, its bytes, and the same bytes compressed with gzip."""

    address: str
    body: bytes
    compressed: bytes


@cache
def load_static_files() -> dict[str, StaticFile]:
    """Return the scripts by file name with hash; without vis-network where the extra `draw` is not installed."""
    files = {}
    for path in _script_paths():
        body = path.read_bytes()
        name = f"{path.name.removesuffix('.js')}-{hashlib.sha256(body).hexdigest()[:16]}.js"
        files[name] = StaticFile(STATIC_PATH + name, body, gzip.compress(body, 9, mtime=0))
    return files


@cache
def script(name: str) -> str:
    """Return the address of the script `name` on the service.

    >>> script("suggest.js").startswith("/static/suggest-"), script("vis-network.min.js").endswith(".js")
    (True, True)

    Raises CannotRun for vis-network where the extra `draw` is not installed.
    """
    if name == VIS_NETWORK:
        require_extra("draw")
    stem = name.removesuffix(".js") + "-"
    return next(file.address for key, file in load_static_files().items() if key.startswith(stem))


def _script_paths() -> Iterator[Path]:
    """Yield the paths of all scripts that are installed."""
    yield from (TEMPLATES / name for name in _OWN_SCRIPTS)
    if importlib.util.find_spec("pyvis") is not None:
        yield vis_network_path()


def vis_network_path() -> Path:
    """Return the path of vis-network, which pyvis ships. Raises CannotRun where pyvis is not installed."""
    require_extra("draw")
    spec = importlib.util.find_spec("pyvis")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)), _VIS_NETWORK_FOLDER, VIS_NETWORK)
