"""Commands that make and keep a build, and serve it: build, check, serve, mcp, pack."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from orgline.content import DEFAULT_BASE, Content
from orgline.errors import CannotRun
from orgline.options import (
    BUILD,
    Asked,
    Body,
    ContentFolder,
    Day,
    KnownOn,
    Language,
    Options,
    OutFolder,
    Themes,
    language,
)


def build(*, content: ContentFolder = None, out: OutFolder = BUILD, base: str = DEFAULT_BASE) -> None:
    """Build the graph, its exports and its pages from the content.

    Parameters
    ----------
    base
        The IRI under which resources are named.
    """
    from orgline.build import build as make
    from orgline.show import show_report, teller

    report = make(Content.find(content), out, base, teller())
    show_report(report, out)


def check(*, lang: Language = None, content: ContentFolder = None) -> None:
    """Check the content without building: problems stop, findings are listed."""
    from orgline.build import checked
    from orgline.show import show_findings

    tree = Content.find(content)
    lang = language(lang, tree)
    show_findings(checked(tree), tree, lang)


def serve(
    place: Path = BUILD,
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
    from orgline.budget import Limits
    from orgline.serve import run

    for one in proxy:
        _refuse_no_address(one)
    if not 0 < time_limit <= 3600:
        raise CannotRun(f"--time-limit: {time_limit:g} is no time. Give seconds, from 0.1 to 3600.")
    run(place, Content.find(content), (host, port), Limits(seconds=time_limit), address, proxies=proxy)


def _refuse_no_address(text: str) -> None:
    """Raise CannotRun when `text` is no address of a machine."""
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise CannotRun(f'--proxy: "{text}" is no address. Give one as 127.0.0.1 or ::1.') from error


def mcp(
    *,
    themes: Themes = (),
    time_limit: float = 30.0,
    content: ContentFolder = None,
    out: OutFolder = BUILD,
) -> None:
    """Serve the newest build to an AI assistant over standard input and output (MCP): every question is a tool.

    Parameters
    ----------
    time_limit
        How many seconds an answer may take.
    """
    from orgline.assistant import run

    run(out, Content.find(content), time_limit, themes)


def pack(
    file: Path,
    /,
    *,
    of: Body = None,
    as_of: Day = None,
    known_on: KnownOn = None,
    lang: Language = None,
    content: ContentFolder = None,
    out: OutFolder = BUILD,
) -> None:
    """Pack a build into one HTML file that opens anywhere, without a network: orgline pack graph.html.

    Parameters
    ----------
    file
        The file to write; one that is no pack is not replaced.
    """
    from orgline.outfile import refuse_foreign
    from orgline.pack import Packer, is_ours, write_pack

    refuse_foreign(file, is_ours)
    asked = Asked(Options(as_of, known_on, lang, content=content, out=out), many=True)
    body = asked.thing("of", of) if of else None
    packer = Packer(asked.session, asked.tree, out, asked.lang, body)
    print(write_pack(file, packer.html()))


COMMANDS = (build, check, serve, mcp, pack)
