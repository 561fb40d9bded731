"""Commands that make a build, check its content and hand it on: build, check, serve, mcp, pack."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from orgline.cli.command_context import CommandContext
from orgline.cli.options import (
    DEFAULT_OUT,
    BodyOption,
    ContentFolder,
    Day,
    KnownOn,
    Language,
    Options,
    OutFolder,
    Themes,
    TimeLimit,
    choose_language,
)
from orgline.content import DEFAULT_BASE, Content
from orgline.text import CannotRun, require_extra

MAX_TIME_LIMIT = 3600.0  # seconds; longer than any answer that somebody waits for


def build_command(*, content: ContentFolder = None, out: OutFolder = DEFAULT_OUT, base: str = DEFAULT_BASE) -> None:
    """Build the graph, its exports and its pages from the content.

    Parameters
    ----------
    base
        IRI that the IRIs of all resources begin with.
    """
    from orgline.build import run_build
    from orgline.cli.terminal import show_report, step_printer

    report = run_build(Content.find(content), out, base, step_printer())
    show_report(report, out)


def check_command(*, lang: Language = None, content: ContentFolder = None) -> None:
    """Check the content without building: errors end the command with code 1, findings are listed."""
    from orgline.build import check_content
    from orgline.cli.terminal import show_findings

    found = Content.find(content)
    lang = choose_language(lang, found)
    show_findings(check_content(found), found, lang)


def serve_command(
    build: Path = DEFAULT_OUT,
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    time_limit: TimeLimit = 10.0,
    address: str | None = None,
    proxy: tuple[str, ...] = (),
    content: ContentFolder = None,
) -> None:
    """Serve the newest build, or an RDF file, over HTTP: a SPARQL endpoint, the questions, a page for each thing.

    Parameters
    ----------
    build
        A build, a store, or an RDF file.
    host
        Address of this machine to listen on; 0.0.0.0 for all.
    port
        Port to listen on; 0 for a free one.
    address
        URL under which others reach the service, where it is not --host and --port: https://graph.example.org/
    proxy
        IP address of a web server in front, whose X-Forwarded-For is believed; repeat it for several.
    """
    require_extra("serve")
    from orgline.server import Limits, run_server

    for proxy_address in proxy:
        _require_ip_address(proxy_address)
    if not 0 < time_limit <= MAX_TIME_LIMIT:
        raise CannotRun(f"--time-limit: {time_limit:g} is out of range. Give seconds, from 0.1 to {MAX_TIME_LIMIT:g}.")
    run_server(build, Content.find(content), (host, port), Limits(seconds=time_limit), address, proxies=proxy)


def _require_ip_address(text: str) -> None:
    """Raise CannotRun when `text` is not an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise CannotRun(f'--proxy: "{text}" is not an IP address. Give one such as 127.0.0.1 or ::1.') from error


def mcp_command(
    *,
    themes: Themes = (),
    time_limit: TimeLimit = 30.0,
    content: ContentFolder = None,
    out: OutFolder = DEFAULT_OUT,
) -> None:
    """Serve the newest build to an AI assistant over standard input and output (MCP): every question is a tool."""
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
        File to write. An existing file is replaced only if it is a pack.
    """
    from orgline.render import Packer, is_pack, write_pack
    from orgline.text import refuse_foreign

    refuse_foreign(file, is_pack)
    context = CommandContext(Options(as_of, known_on, lang, content=content, out=out), many=True)
    body = context.thing("of", of) if of else None
    packer = Packer(context.build, context.content, out, context.lang, body)
    print(write_pack(file, packer.html()))


COMMANDS = (build_command, check_command, serve_command, mcp_command, pack_command)
