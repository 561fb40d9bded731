"""Commands that make and keep a build, and serve it: build, check, serve, mcp, pack."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from orgline.cli.options import (
    DEFAULT_OUT,
    BodyOption,
    CommandContext,
    ContentFolder,
    Day,
    KnownOn,
    Language,
    Options,
    OutFolder,
    Themes,
    choose_language,
)
from orgline.content import DEFAULT_BASE, Content
from orgline.text import CannotRun, require_extra


def build_command(*, content: ContentFolder = None, out: OutFolder = DEFAULT_OUT, base: str = DEFAULT_BASE) -> None:
    """Build the graph, its exports and its pages from the content.

    Parameters
    ----------
    base
        The IRI under which resources are named.
    """
    from orgline.build import run_build as make
    from orgline.cli.terminal import show_report, step_printer

    report = make(Content.find(content), out, base, step_printer())
    show_report(report, out)


def check_command(*, lang: Language = None, content: ContentFolder = None) -> None:
    """Check the content without building: problems stop, findings are listed."""
    from orgline.build import check_content
    from orgline.cli.terminal import show_findings

    tree = Content.find(content)
    lang = choose_language(lang, tree)
    show_findings(check_content(tree), tree, lang)


def serve_command(
    place: Path = DEFAULT_OUT,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    time_limit: float = 10.0,
    address: str | None = None,
    proxy: tuple[str, ...] = (),
    content: ContentFolder = None,
) -> None:
    """Serve the newest build, or an RDF file, over HTTP: a SPARQL endpoint, questions and things as addresses.

    Parameters
    ----------
    place
        A build, a store, or an RDF file.
    time_limit
        Seconds a query may take.
    address
        Where others reach the service, if not at --host and --port: https://graph.example.org/
    proxy
        The address of a web server in front, which tells who asks (X-Forwarded-For). May be given more than once.
    """
    require_extra("serve")
    from orgline.server import Limits, run_server

    for one in proxy:
        _require_ip_address(one)
    if not 0 < time_limit <= 3600:
        raise CannotRun(f"--time-limit: {time_limit:g} is no time. Give seconds, from 0.1 to 3600.")
    run_server(place, Content.find(content), (host, port), Limits(seconds=time_limit), address, proxies=proxy)


def _require_ip_address(text: str) -> None:
    """Raise CannotRun when `text` is no address of a machine."""
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise CannotRun(f'--proxy: "{text}" is no address. Give one as 127.0.0.1 or ::1.') from error


def mcp_command(
    *,
    themes: Themes = (),
    time_limit: float = 30.0,
    content: ContentFolder = None,
    out: OutFolder = DEFAULT_OUT,
) -> None:
    """Serve the newest build to an AI assistant over standard input and output (MCP): every question is a tool.

    Parameters
    ----------
    time_limit
        How many seconds an answer may take.
    """
    require_extra("mcp")
    from orgline.cli.mcp_server import run_mcp_server

    run_mcp_server(out, Content.find(content), time_limit, themes)


def pack_command(
    file: Path,
    /,
    *,
    of: BodyOption = None,
    as_of: Day = None,
    known_on: KnownOn = None,
    lang: Language = None,
    content: ContentFolder = None,
    out: OutFolder = DEFAULT_OUT,
) -> None:
    """Pack a build into one HTML file that opens anywhere, without a network: orgline pack graph.html.

    Parameters
    ----------
    file
        The file to write; one that is no pack is not replaced.
    """
    from orgline.render import Packer, is_pack, write_pack
    from orgline.text import refuse_foreign

    refuse_foreign(file, is_pack)
    asked = CommandContext(Options(as_of, known_on, lang, content=content, out=out), many=True)
    body = asked.thing("of", of) if of else None
    packer = Packer(asked.session, asked.tree, out, asked.lang, body)
    print(write_pack(file, packer.html()))


COMMANDS = (build_command, check_command, serve_command, mcp_command, pack_command)
