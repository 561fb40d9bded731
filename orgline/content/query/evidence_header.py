"""What a row of a question rests on, as its header says: ``#+ evidence: [tenure, post org:postIn]``.

``tenure``
    what the sources say of the node in ``?tenure`` as a whole; of a claim, the claim itself
``post org:postIn``
    what they say of that field of it or, who says nothing of the field, of the whole
``figure ol:counts ol:value``
    what they say of each of the fields
``unit rdfs:label|skos:altLabel``
    what they say of either
``event ?side``
    what they say of the field in ``?side``
``tenure schema:startDate only``
    what they say of a field that a source need not give: where any claims it, the whole says nothing of it
``unit itself``
    the certainty and the sources of the node itself, whatever is disputed of it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orgline.text import ContentError, Problem, suggestion_for

ITSELF, ONLY = "itself", "only"
_FIELD = r"(?:[\w-]+:[\w-]+|\?\w+)"
_EITHER = rf"{_FIELD}(?:\|{_FIELD})*"
_GROUND = re.compile(rf"(\w+)((?: +{_EITHER})*| +{ITSELF}|(?: +{_EITHER})+ +{ONLY})")


@dataclass(frozen=True)
class Ground:
    """A node that a row rests on: the variable that holds it and, if it is not the whole, which of its fields.

    A field is an IRI, or a variable that holds one, with its question mark. With `is_itself` claims do not count, with
    `is_only` those on the whole do not where there are claims on the field.
    """

    variable: str
    fields: tuple[str, ...] = ()
    is_itself: bool = False
    is_only: bool = False

    @property
    def variables(self) -> list[str]:
        """The variables that the question must select."""
        return [self.variable, *(field[1:] for field in self.fields if field.startswith("?"))]


def grounds_of(texts: Iterable[object], prefixes: Mapping[str, str], place: str) -> tuple[Ground, ...]:
    """Return the grounds that a header at `place` gives, their fields expanded by the `prefixes` of its query.

    Raises ContentError for a text that is no ground, and for a prefix that is not declared.
    """
    return tuple(ground for text in texts for ground in _grounds(str(text), prefixes, place))


def _grounds(text: str, prefixes: Mapping[str, str], place: str) -> list[Ground]:
    """Return what one item of `#+ evidence:` says. Raises ContentError when it cannot be read."""
    found = _GROUND.fullmatch(text)
    if found is None:
        todo = "Write a variable, or a variable and a field: [tenure, post org:postIn]"
        raise ContentError([Problem(place, f'its evidence "{text}" cannot be read', todo)])
    variable, rest = found.group(1), found.group(2).split()
    if rest == [ITSELF]:
        return [Ground(variable, is_itself=True)]
    is_only = rest[-1:] == [ONLY]
    fields_of = rest[:-1] if is_only else rest
    either = [tuple(_field(field, prefixes, place) for field in fields.split("|")) for fields in fields_of]
    return [Ground(variable, fields, is_only=is_only) for fields in either or [()]]


def _field(text: str, prefixes: Mapping[str, str], place: str) -> str:
    """Return the IRI of a field, or the variable that holds it."""
    if text.startswith("?"):
        return text
    prefix, _, name = text.partition(":")
    if prefix not in prefixes:
        what = f'the prefix "{prefix}:" of its evidence is not declared.{suggestion_for(prefix, prefixes)}'
        raise ContentError([Problem(place, what, "Add a PREFIX line")])
    return prefixes[prefix] + name
