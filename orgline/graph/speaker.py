"""Say: terms of the graph in the words of one language, for tables and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from orgline.graph.evidence import Evidence
from orgline.graph.store import Term, label, objects, ol_term, preferred, subjects
from orgline.text import HELD, Status, translate_message

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_WITHOUT_QUALIFIERS = str.maketrans("", "", "?~%")
_DATE_TYPES = ("http://id.loc.gov/datatypes/edtf/EDTF", "http://www.w3.org/2001/XMLSchema#date")
_NUMBER_TYPES = tuple(f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("decimal", "integer"))
_COMMENT = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#comment")
_ISSUED = ox.NamedNode("http://purl.org/dc/terms/issued")


@dataclass(frozen=True)
class Speaker:
    """Speaks of the things in `store` in `lang`, with the `words` of the pages (by language)."""

    store: ox.Store
    lang: str
    words: Mapping[str, Mapping[str, str]]

    @cached_property
    def langs(self) -> tuple[str, ...]:
        """The languages in which to look for a text: this one first, the others in the order of the content."""
        return tuple(dict.fromkeys((self.lang, *self.words)))

    def word(self, key: str) -> str:
        """Return the page word `key` in the first of `langs` that has it, else the key."""
        return next((self.words[lang][key] for lang in self.langs if key in self.words.get(lang, {})), key)

    def told(self, text: str, names: Mapping[str, str] | None = None) -> str:
        """Return what went wrong in this language; `names` are what values are called on a page."""
        return translate_message(text, self.words.get(self.lang, {}), names)

    def theme(self, name: str) -> str:
        """Return what to call a theme of questions: its word, else the name of its folder."""
        said = self.word(f"theme_{name}")
        return name if said == f"theme_{name}" else said

    def summary(self, texts: Mapping[str, str]) -> str:
        """Return the one of `texts`, by language, in the first of `langs` that has one, else any."""
        return next(filter(None, map(texts.get, (*self.langs, *texts))), "")

    def about(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return what viz/about.toml says, in this language; nothing if it says nothing."""
        sections = [
            {"heading": self.summary(one["heading"]), "text": [self.summary(text) for text in one["text"]]}
            for one in content.get("section", [])
        ]
        contact = self.summary(content.get("contact", {})) or self.summary(content.get("no_contact", {}))
        return {"title": self.summary(content["title"]), "contact": contact, "sections": sections} if sections else {}

    def heading(self, name: str, columns: Mapping[str, Mapping[str, str]]) -> str:
        """Return what to call the column `name` of a question."""
        return self.summary(columns.get(name) or {}) or self.word(name)

    def term(self, term: Term | None) -> str:
        """Return `term` in words: a label, a date or a number as written in this language."""
        if term is None:
            return ""
        if isinstance(term, ox.Literal):
            kind = term.datatype.value
            if kind in _DATE_TYPES:
                return self.date(term.value)
            return self.number(term.value) if kind in _NUMBER_TYPES else term.value
        return label(self.store, term, *self.langs)

    def exact(self, term: Term | None) -> str:
        """Return `term` for another program: a label in words, a date or a number as it stands in the graph."""
        return term.value if isinstance(term, ox.Literal) else self.term(term)

    def value(self, term: Term | None) -> str | float | None:
        """Return `term` as a value of JSON: a number as a number, anything else as `exact` says it."""
        if isinstance(term, ox.Literal) and term.datatype.value in _NUMBER_TYPES:
            number = float(term.value)
            return int(number) if number.is_integer() else number
        return None if term is None else self.exact(term)

    def number(self, text: str) -> str:
        """Return a decimal as this language writes it: 7.402 and 78,14, or 7,402 and 78.14."""
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
        whole, _, part = digits.partition(".")
        if not (whole + part).isdigit():
            return text
        grouped, part = f"{int(whole or 0):,}", part.rstrip("0")
        if self.word("decimal_comma") == "yes":
            return sign + grouped.replace(",", ".") + ("," + part if part else "")
        return sign + grouped + ("." + part if part else "")

    def status(self, status: Status | None) -> str:
        """Return in words what is known of a tenure or line on the day asked of, with the date that says so."""
        if status is None:
            return ""
        said = self.word(f"status_{status.name}")
        return f"{said}: {self.date(status.date)}" if status.date and status.name != HELD else said

    def date(self, text: str) -> str:
        """Return the EDTF `text` in words: a day, a period, on or before a day, one of several."""
        if text[:1] in "[{" and text[-1:] in "]}":
            return self._one_of(text[1:-1])
        if "/" in text:
            return "–".join("…" if one in ("", "..") else self._plain(one) for one in text.split("/"))
        return self._plain(text)

    def _one_of(self, inside: str) -> str:
        """Return the days of a set, of which one is meant, in words."""
        if "," in inside or inside.count("..") != 1:
            return ", ".join("…".join(map(self._plain, filter(None, one.split("..")))) for one in inside.split(","))
        low, _, high = inside.partition("..")
        key = "on_or_before" if not low else "between" if high else "on_or_after"
        return self.word(key).format(self._plain(low or high), self._plain(high))

    def _plain(self, text: str) -> str:
        """Return a year, month or day in words, with the doubt that its marks say."""
        marks = {sign for sign in text if sign in "?~%"}
        year_only = text[4:5] in ("?", "~", "%") and len(text) > len("2023?")
        bare = text.translate(_WITHOUT_QUALIFIERS)
        if day := _DAY.fullmatch(bare):
            year, month, number = day.groups()
            said = self.word("day_form").format(y=year, m=int(month), d=int(number), iso=bare)
        elif month_only := _MONTH.fullmatch(bare):
            year, month = month_only.groups()
            said = self.word("month_form").format(y=year, m=int(month), iso=bare)
        else:
            said = bare
        doubts = ["year_inferred" if year_only else "uncertain"] if marks & {"?", "%"} else []
        doubts += ["about"] if marks & {"~", "%"} else []
        return f"{said} ({', '.join(map(self.word, doubts))})" if doubts else said

    def texts(self, literals: Iterable[Term]) -> list[str]:
        """Return those `literals` that are in this language, else all of another."""
        by_lang: dict[str, list[str]] = {}
        for one in literals:
            if isinstance(one, ox.Literal):
                by_lang.setdefault(one.language or "", []).append(one.value)
        return preferred(by_lang, self.langs) or []

    def reasons(self, evidence: Evidence, matched: Iterable[Term] = ()) -> list[str]:
        """Return why the evidence is as it is: its own reasons, the findings on it, matching decisions."""
        said = self.texts(evidence.reasons)
        for finding in evidence.findings:
            said += self.texts(objects(self.store, finding, _COMMENT))
        for node in matched:
            said += self.texts(
                reason
                for match in _matches(self.store, node)
                for reason in objects(self.store, match, ol_term("reason"))
            )
        return said

    def issued(self, source: Term) -> str | None:
        """Return when `source` was published, as written in the graph, or None if it does not say."""
        return next((one.value for one in objects(self.store, source, _ISSUED)), None)


def _matches(store: ox.Store, node: Term) -> list[Term]:
    return [match for side in ("left", "right") for match in subjects(store, ol_term(side), node)]
