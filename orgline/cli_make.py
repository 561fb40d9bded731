"""Commands that make and keep a build: build, check, serve."""

from __future__ import annotations

from pathlib import Path

from orgline.content import DEFAULT_BASE, Content
from orgline.options import BUILD, ContentFolder, Language, OutFolder, language


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
    content: ContentFolder = None,
) -> None:
    """Serve the newest build, or an RDF file, over HTTP: a SPARQL endpoint, and the questions as addresses.

    Parameters
    ----------
    place
        A build, a store, or an RDF file. --time-limit is in seconds.
    """
    from orgline.serve import Limits, run

    run(place, Content.find(content), host, port, Limits(seconds=time_limit))


COMMANDS = (build, check, serve)
