"""What orgline uses of uvicorn's private HTTP protocol class: a new uvicorn that changes it fails here first."""

import asyncio
import importlib.metadata
import inspect
import re
import tomllib

import pytest
from conftest import ROOT
from uvicorn import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from orgline.server.limits.connection_limits import LimitedHttpProtocol

# Attributes of each connection that LimitedHttpProtocol reads.
CONNECTION = {"client", "connections", "cycle", "headers", "loop", "parser", "pipeline", "transport"}
# Attributes of each request that it reads or writes.
CYCLE = {"body", "disconnected", "message_event", "response_complete", "response_started"}
# Methods that it overrides, with the names of their parameters.
METHODS = {
    "__init__": ("config", "server_state", "app_state", "_loop"),
    "_start_asgi_task": ("cycle", "app"),
    "connection_lost": ("exc",),
    "connection_made": ("transport",),
    "data_received": ("data",),
    "on_body": ("body",),
    "on_header": ("name", "value"),
    "on_headers_complete": (),
    "on_message_begin": (),
    "send_400_response": ("msg",),
}


def test_the_version_of_uvicorn_is_one_that_was_tested() -> None:
    """pyproject.toml has an upper bound for uvicorn: the minor version after the one that is installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (wanted,) = (one for one in project["optional-dependencies"]["serve"] if one.startswith("uvicorn"))
    major, minor, *_ = importlib.metadata.version("uvicorn").split(".")
    assert re.search(r"<([\d.]+)$", wanted)[1] == f"{major}.{int(minor) + 1}"


@pytest.mark.parametrize("name", METHODS)
def test_a_method_that_is_overridden_is_there(name: str) -> None:
    """uvicorn's class has each method that ours overrides, with the same parameters, and ours overrides no other."""
    assert tuple(inspect.signature(getattr(HttpToolsProtocol, name)).parameters)[1:] == METHODS[name]
    own = {
        name
        for name in vars(LimitedHttpProtocol)
        if hasattr(HttpToolsProtocol, name) and callable(getattr(LimitedHttpProtocol, name))
    }
    assert own - set(dir(object)) == METHODS.keys() - {"__init__"}


def test_the_attributes_that_are_used_are_there() -> None:
    """A connection and a request of uvicorn have the attributes that our class uses, and the class uses no others."""

    async def app(scope, receive, send) -> None:
        """Answer nothing."""

    async def made() -> tuple[HttpToolsProtocol, RequestResponseCycle]:
        config = Config(app)
        config.load()
        protocol = HttpToolsProtocol(config, ServerState(), {})
        cycle = RequestResponseCycle(
            scope={},
            transport=None,
            flow=FlowControl(None),
            logger=None,
            access_logger=None,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=lambda: None,
        )
        return protocol, cycle

    protocol, cycle = asyncio.run(made())
    assert {name for name in CONNECTION if not hasattr(protocol, name)} == set()
    assert {name for name in CYCLE if not hasattr(cycle, name)} == set()
    source = inspect.getsource(LimitedHttpProtocol)
    inherited = set(vars(protocol)) | set(dir(HttpToolsProtocol))
    used = set(re.findall(r"\bself\.(\w+)", source)) & inherited
    assert used - METHODS.keys() <= CONNECTION
    assert set(re.findall(r"(?:cycle|running)\.(\w+)", source)) == CYCLE
