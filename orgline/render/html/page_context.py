"""The context of a page of the service: language, day and base of the request, and links that keep them."""

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
from orgline.render.html.style import read_style
from orgline.render.html.templates import page_words, render_template, template_text
from orgline.text import Moment

# The characters of a path that need no percent-encoding (RFC 3986, section 3.3: pchar and "/").
SAFE_CHARACTERS = "/-._~!$&'()*+,;=:@"
_DAY_PARAMETERS = ("as-of", "as-known-on")


def thing_address(iri: str, base: str, document: str = "page") -> str:
    """Return the path of a `document` on the thing `iri` on the service; `base` begins the IRIs of its own things.

    >>> thing_address("https://x/id/person/a", "https://x/id/"), thing_address("urn:b", "https://x/id/")
    ('/page/person/a', '/page?iri=urn%3Ab')
    """
    if iri.startswith(base):
        # An IRI may hold percent-encoded characters already: "%" is kept.
        return f"/{document}/" + quote(iri.removeprefix(base), safe=SAFE_CHARACTERS + "%")
    return f"/{document}?" + urlencode({"iri": iri})


def with_query(address: str, query: Mapping[str, str]) -> str:
    """Return `address` with the parameters `query` added to those it has."""
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


@lru_cache(maxsize=4)
def _style_values(content: Content) -> dict[str, Any]:
    """Return the values for the styles of every page of the service, read once."""
    return {
        "look": read_style(content)["page"],
        "style": template_text("page.css"),
        "served": template_text("served.css"),
    }


@dataclass(frozen=True)
class PageContext:
    """The request of a page: its path and parameters, language, moment, and the nonce of its scripts and styles.

    ``base`` begins the IRIs of the graph's own things.
    """

    content: Content
    path: str
    query: Mapping[str, str]
    lang: str
    moment: Moment
    base: str
    nonce: str

    @property
    def kept(self) -> dict[str, str]:
        """The parameters that links keep: the language, and the days if they were chosen."""
        return {"lang": self.lang, **{name: self.query[name] for name in _DAY_PARAMETERS if name in self.query}}

    def link(self, address: str, **parameters: str) -> str:
        """Return the address of another page, in the same language and on the same days."""
        return with_query(address, {**self.kept, **parameters})

    def here(self, **changed: str) -> str:
        """Return the address of this page with other parameters."""
        return with_query(self.path, {**self.query, "lang": self.lang, **changed})

    def page_of(self, store: ox.Store, term: Term | None) -> str | None:
        """Return the address of the page of `term`: ours if `store` describes it, else its own if it is a web address.

        None for literals and for nodes without either.
        """
        if not isinstance(term, ox.NamedNode):
            return None
        if next(iter(store.quads_for_pattern(term, None, None, None)), None) is not None:
            return self.link(thing_address(term.value, self.base))
        # No other scheme: an IRI comes from the data and could be one that runs a script.
        return term.value if term.value.startswith(("https://", "http://")) else None

    def speaker(self, store: ox.Store) -> Speaker:
        """Return a speaker of `store` in the language of the page."""
        return Speaker(store, self.lang, self.content.words)

    def render(self, template: str, **values: Any) -> str:
        """Return the page made from `template` with `values`."""
        words, day = page_words(self.content), self.moment.day.isoformat()
        languages = [(lang, texts["language_name"], self.here(lang=lang)) for lang, texts in words.items()]
        # The form for the day sends the other parameters along.
        hidden = {name: text for name, text in {**self.query, "lang": self.lang}.items() if name != "as-of"}
        return render_template(
            template,
            **_style_values(self.content),
            words=words[self.lang],
            context=self,
            lang=self.lang,
            nonce=self.nonce,
            languages=languages,
            day=day,
            day_text=self.speaker(ox.Store()).date(day),
            hidden=hidden,
            about_page=self.link("/about") if self.content.about else None,
            script=script,
            **values,
        )
