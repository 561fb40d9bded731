"""Frame: what every page of the service has: language, day, the search box, links that carry both on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from orgline.content import Content
from orgline.graph import Speaker, Term
from orgline.render.html.static_files import script
from orgline.render.html.templates import page_words, read_style, render_template, template_text
from orgline.text import Moment

SAFE_CHARACTERS = "/-._~!$&'()*+,;=:@"
_DAY_PARAMETERS = ("as-of", "as-known-on")


def thing_address(iri: str, base: str, document: str = "page") -> str:
    """Return where a `document` on `iri` stands on the service, the names of its things beginning with `base`.

    >>> thing_address("https://x/id/person/a", "https://x/id/"), thing_address("urn:b", "https://x/id/")
    ('/page/person/a', '/page?iri=urn%3Ab')
    """
    if iri.startswith(base):
        return f"/{document}/" + quote(iri.removeprefix(base), safe=SAFE_CHARACTERS + "%")
    return f"/{document}?" + urlencode({"iri": iri})


def with_query(address: str, query: Mapping[str, str]) -> str:
    """Return `address` with `query` added to what it has."""
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


@lru_cache(maxsize=4)
def _page_assets(content: Content) -> dict[str, Any]:
    """Return what every page of the service has, read once."""
    return {
        "look": read_style(content)["page"],
        "style": template_text("page.css"),
        "served": template_text("served.css"),
    }


@dataclass(frozen=True)
class PageContext:
    """What a page is asked with: where it stands, the language, the moment, the base of things, the nonce."""

    content: Content
    path: str
    query: Mapping[str, str]
    lang: str
    moment: Moment
    base: str
    nonce: str

    @property
    def kept(self) -> dict[str, str]:
        """What links carry on: the language, and the days if any was chosen."""
        return {"lang": self.lang, **{name: self.query[name] for name in _DAY_PARAMETERS if name in self.query}}

    def link(self, address: str, **more: str) -> str:
        """Return the address of another page, in the same language and as of the same days."""
        return with_query(address, {**self.kept, **more})

    def here(self, **changed: str) -> str:
        """Return the address of this page, with something changed."""
        return with_query(self.path, {**self.query, "lang": self.lang, **changed})

    def page_of(self, store: ox.Store, term: Term | None) -> str | None:
        """Return where `term` leads to: a page of ours for what is described here, itself if it is on the web."""
        if not isinstance(term, ox.NamedNode):
            return None
        if next(iter(store.quads_for_pattern(term, None, None, None)), None) is not None:
            return self.link(thing_address(term.value, self.base))
        return term.value if term.value.startswith(("https://", "http://")) else None

    def speaker(self, store: ox.Store) -> Speaker:
        """Return who speaks of what is in `store`, in the language of the page."""
        return Speaker(store, self.lang, self.content.words)

    def render(self, template: str, **values: Any) -> str:
        """Return the page made from `template`."""
        words, told = page_words(self.content), self.speaker(ox.Store()).date(self.moment.day.isoformat())
        own = words[self.lang]
        languages = [(lang, said["language_name"], self.here(lang=lang)) for lang, said in words.items()]
        hidden = {name: text for name, text in {**self.query, "lang": self.lang}.items() if name != "as-of"}
        return render_template(
            template,
            **_page_assets(self.content),
            words=own,
            frame=self,
            lang=self.lang,
            nonce=self.nonce,
            languages=languages,
            day=self.moment.day.isoformat(),
            day_told=told,
            hidden=hidden,
            about_page=self.link("/about") if self.content.about else None,
            script=script,
            **values,
        )
