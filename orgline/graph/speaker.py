"""Writes terms of the graph and messages in one language, for tables and pages."""

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
    """Labels, dates, numbers and words in the language `lang`.

    Labels come from `store`, `words` are the catalogues by language, in their order of preference.
    """

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

    def message(self, text: str, names: Mapping[str, str] | None = None) -> str:
        """Return a message in this language; `names` replaces values in it by what a page calls them."""
        return translate_message(text, self.words.get(self.lang, {}), names)

    def theme(self, name: str) -> str:
        """Return the title of a theme of questions, the name of its folder if no catalogue has one."""
        key = f"theme_{name}"
        title = self.word(key)
        return name if title == key else title

    def summary(self, texts: Mapping[str, str]) -> str:
        """Return the text in the first of `langs` that has a text, else any; `texts` are by language."""
        return next(filter(None, map(texts.get, (*self.langs, *texts))), "")

    def about(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the texts of viz/about.toml in this language: title, contact, sections; empty without sections."""
        sections = [
            {"heading": self.summary(section["heading"]), "text": [self.summary(text) for text in section["text"]]}
            for section in content.get("section", [])
        ]
        contact = self.summary(content.get("contact", {})) or self.summary(content.get("no_contact", {}))
        return {"title": self.summary(content["title"]), "contact": contact, "sections": sections} if sections else {}

    def heading(self, name: str, columns: Mapping[str, Mapping[str, str]]) -> str:
        """Return the title of the column `name`: that of `columns`, else a word of the catalogue."""
        return self.summary(columns.get(name) or {}) or self.word(name)

    def term(self, term: Term | None) -> str:
        """Return `term` for a reader: a label, or a date, number or text as this language writes it."""
        if term is None:
            return ""
        if isinstance(term, ox.Literal):
            kind = term.datatype.value
            if kind in _DATE_TYPES:
                return self.date(term.value)
            return self.number(term.value) if kind in _NUMBER_TYPES else term.value
        return label(self.store, term, *self.langs)

    def exact(self, term: Term | None) -> str:
        """Return `term` for a program: a label, or a date or number as the graph has it."""
        return term.value if isinstance(term, ox.Literal) else self.term(term)

    def value(self, term: Term | None) -> str | float | None:
        """Return `term` as a JSON value: a number as a number, anything else as `exact` does."""
        if isinstance(term, ox.Literal) and term.datatype.value in _NUMBER_TYPES:
            number = float(term.value)
            return int(number) if number.is_integer() else number
        return None if term is None else self.exact(term)

    def number(self, text: str) -> str:
        """Return a decimal as this language writes it, without trailing zeros: 7.402 and 78,14, or 7,402 and 78.14."""
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
        whole, _, part = digits.partition(".")
        if not (whole + part).isdigit():
            return text
        grouped, part = f"{int(whole or 0):,}", part.rstrip("0")
        if self.word("decimal_comma") == "yes":
            return sign + grouped.replace(",", ".") + ("," + part if part else "")
        return sign + grouped + ("." + part if part else "")

    def status(self, status: Status | None) -> str:
        """Return a status in words with the date that decides it; only the word if it is held; empty for None."""
        if status is None:
            return ""
        word = self.word(f"status_{status.name}")
        return f"{word}: {self.date(status.date)}" if status.date and status.name != HELD else word

    def date(self, text: str) -> str:
        """Return the EDTF `text` in words: a day, month or year, a period, a bound, or one of several dates."""
        if text[:1] in "[{" and text[-1:] in "]}":
            return self._one_of(text[1:-1])
        if "/" in text:
            return "–".join("…" if end in ("", "..") else self._plain(end) for end in text.split("/"))
        return self._plain(text)

    def _one_of(self, inside: str) -> str:
        """Return the inside of an EDTF set in words: a list of dates, or between, on or before, on or after."""
        if "," in inside or inside.count("..") != 1:
            return ", ".join("…".join(map(self._plain, filter(None, part.split("..")))) for part in inside.split(","))
        low, _, high = inside.partition("..")
        key = "on_or_before" if not low else "between" if high else "on_or_after"
        return self.word(key).format(self._plain(low or high), self._plain(high))

    def _plain(self, text: str) -> str:
        """Return a year, month or day in words, with the doubts that its qualifiers (? ~ %) express."""
        marks = {sign for sign in text if sign in "?~%"}
        year_only = text[4:5] in ("?", "~", "%") and len(text) > len("2023?")
        bare = text.translate(_WITHOUT_QUALIFIERS)
        if day := _DAY.fullmatch(bare):
            year, month, number = day.groups()
            words = self.word("day_form").format(y=year, m=int(month), d=int(number), iso=bare)
        elif month_only := _MONTH.fullmatch(bare):
            year, month = month_only.groups()
            words = self.word("month_form").format(y=year, m=int(month), iso=bare)
        else:
            words = bare
        doubts = ["year_inferred" if year_only else "uncertain"] if marks & {"?", "%"} else []
        doubts += ["about"] if marks & {"~", "%"} else []
        return f"{words} ({', '.join(map(self.word, doubts))})" if doubts else words

    def texts(self, literals: Iterable[Term]) -> list[str]:
        """Return the texts of the `literals` in the first of `langs` that has any, else in another language."""
        by_lang: dict[str, list[str]] = {}
        for literal in literals:
            if isinstance(literal, ox.Literal):
                by_lang.setdefault(literal.language or "", []).append(literal.value)
        return preferred(by_lang, self.langs) or []

    def reasons(self, evidence: Evidence, matched: Iterable[Term] = ()) -> list[str]:
        """Return the reasons of the evidence's certainty: its own, its findings, matching decisions on `matched`."""
        reasons = self.texts(evidence.reasons)
        for finding in evidence.findings:
            reasons += self.texts(objects(self.store, finding, _COMMENT))
        for node in matched:
            reasons += self.texts(
                reason
                for match in _matches(self.store, node)
                for reason in objects(self.store, match, ol_term("reason"))
            )
        return reasons

    def issued(self, source: Term) -> str | None:
        """Return the date of publication of `source`, in EDTF, None if it has none."""
        return next((date.value for date in objects(self.store, source, _ISSUED)), None)


def _matches(store: ox.Store, node: Term) -> list[Term]:
    """Return the matching decisions on `node`."""
    return [match for side in ("left", "right") for match in subjects(store, ol_term(side), node)]
