"""Finds the thing of the graph that somebody means by a typed name.

Names are compared without case and punctuation; accents may be left out, but not changed. A whole name takes
precedence over a part of a name. Where several things fit, the user must choose: the program never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyoxigraph as ox

from orgline.content import Parameter
from orgline.graph.store import PREF_LABEL, RDF_TYPE, RDFS_LABEL, label, local_name, objects, ol_term, subjects
from orgline.text import (
    CannotRun,
    Message,
    NameNotFound,
    accents_compatible,
    closest_match,
    did_you_mean,
    folded,
    to_nfc,
)

_NAME_PROPERTIES = (
    RDFS_LABEL,
    PREF_LABEL,
    ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel"),
    ox.NamedNode("http://www.w3.org/2004/02/skos/core#hiddenLabel"),
    ox.NamedNode("http://www.w3.org/2004/02/skos/core#notation"),
    ox.NamedNode("http://purl.org/dc/terms/identifier"),
)
_WORD = re.compile(r"\w+")
_TRAILING_NOTE = re.compile(r"\s*\([^()]*\)$")
MAX_SHOWN = 12


def find(store: ox.Store, typed: str, classes: Iterable[str]) -> list[ox.NamedNode]:
    """Return the things of `classes` (IRIs) with the name `typed`; without any, those with `typed` as part of a name.

    Names are labels, alternative and hidden labels, notations, identifiers, IRIs and the last part of an IRI. The
    result is sorted by IRI; it is empty when nothing fits.
    """
    classes = list(classes)
    if node := _with_iri(store, typed, classes):
        return [node]
    wanted = accented_and_plain(typed)
    whole_matches, partial_matches = set(), set()
    for node in _instances_of(store, classes):
        names = [accented_and_plain(name) for name in names_of(store, node)]
        if any(_is_whole_name(wanted, name) for name in names) and not _accents_contradict(wanted, names):
            whole_matches.add(node)
        elif any(_has_phrase(wanted, name) for name in names) and not _accents_contradict(wanted, names):
            partial_matches.add(node)
    return sorted(whole_matches or partial_matches, key=lambda node: node.value)


def _with_iri(store: ox.Store, typed: str, classes: list[str]) -> ox.NamedNode | None:
    """Return the thing of `classes` whose IRI is `typed`; None if there is none or `typed` is no IRI."""
    try:
        node = ox.NamedNode(typed)
    except ValueError:
        return None
    type_quads = (ox.Quad(node, RDF_TYPE, ox.NamedNode(name), ox.DefaultGraph()) for name in classes)
    return node if any(quad in store for quad in type_quads) else None


def _is_whole_name(wanted: list[tuple[str, str]], name: list[tuple[str, str]]) -> bool:
    return len(name) == len(wanted) and all(map(words_match, wanted, name))


def _accents_contradict(wanted: list[tuple[str, str]], names: list[list[tuple[str, str]]]) -> bool:
    """Return whether the typed accents differ from those of every accented name with the same letters.

    A form without accents, such as the last part of an IRI, then does not count: it fits Lâm Đông and Lâm Đồng alike.
    """
    plain = [(word[1], word[1]) for word in wanted]
    same_letters = [name for name in names if _has_phrase(plain, name)]
    accented = [name for name in same_letters if not all(word[0].isascii() for word in name)]
    return bool(accented) and not any(_has_phrase(wanted, name) for name in accented)


def accented_and_plain(text: str) -> list[tuple[str, str]]:
    """Return the words of `text` as pairs: the word as written (NFC), and folded, without accents and case."""
    return [(word, plain) for word in _WORD.findall(to_nfc(text)) if (plain := folded(word))]


def words_match(wanted: tuple[str, str], word: tuple[str, str]) -> bool:
    """Return whether two pairs of `accented_and_plain` are the same word and their accents do not differ."""
    return wanted[1] == word[1] and accents_compatible(wanted[0], word[0])


def _has_phrase(wanted: list[tuple[str, str]], name: list[tuple[str, str]]) -> bool:
    """Return whether `name` contains the words of `wanted` in this order; the last may be a prefix of its word."""
    if not wanted:
        return False
    *whole_words, last = wanted
    words = iter(name)  # one iterator for all words: each search continues where the one before ended
    return all(any(words_match(whole_word, word) for word in words) for whole_word in whole_words) and any(
        word[1].startswith(last[1]) and accents_compatible(last[0], to_nfc(word[0])[: len(to_nfc(last[0]))])
        for word in words
    )


def _instances_of(store: ox.Store, classes: Iterable[str]) -> set[ox.NamedNode]:
    return {thing for name in classes for thing in subjects(store, RDF_TYPE, ox.NamedNode(name))}


def names_of(store: ox.Store, node: ox.NamedNode) -> Iterable[str]:
    """Yield the names of `node`: the last part of its IRI; its literal names, with and without a note in brackets."""
    yield local_name(node)
    for name_property in _NAME_PROPERTIES:
        for quad in store.quads_for_pattern(node, name_property, None, None):
            if isinstance(quad.object, ox.Literal):
                yield quad.object.value
                yield _TRAILING_NOTE.sub("", quad.object.value)


_NAME_HINT = Message("wrong_see_search", " Part of a name is enough, without accents.")


def choose(store: ox.Store, parameter: Parameter, classes: Iterable[str], typed: str, *langs: str) -> ox.NamedNode:
    """Return the thing of `classes` (IRIs) with the name `typed`, as the value of `parameter`.

    `langs` are the languages of labels in messages, the preferred first. Raises NameNotFound when nothing has the name
    (with a suggestion), CannotRun when several things have it (with a list). Things that matching decisions make the
    same are not a choice: the first is returned.
    """
    classes = list(classes)
    things = find(store, typed, classes)
    option = parameter.option
    if len(things) == 1 or (len(things) > 1 and are_same_thing(store, things)):
        return things[0]
    if not things:
        names = {name: node for node in _instances_of(store, classes) for name in map(folded, names_of(store, node))}
        closest = closest_match(folded(typed), names)
        hint = did_you_mean(label(store, names[closest], *langs)) if closest else _NAME_HINT
        text = f'{option}: nothing is called "{typed}".{hint}'
        raise NameNotFound(Message("wrong_not_called", text, option, typed, hint))
    choices = list_choices(store, things, *langs)
    text = f'{option}: "{typed}" matches {len(things)} things. Give one of these:\n{choices}'
    raise CannotRun(Message("wrong_several", text, option, typed, len(things), choices))


def list_choices(store: ox.Store, things: list[ox.NamedNode], *langs: str) -> str:
    """Return lines with name and label of the first `MAX_SHOWN` things, and a line with the number of the others."""
    shown = "\n".join(f"  {local_name(node)}  ({label(store, node, *langs)})" for node in things[:MAX_SHOWN])
    more = len(things) - MAX_SHOWN
    return Message("wrong_and_more", f"{shown}\n  and {more} more", shown, more) if more > 0 else shown


def same_as(store: ox.Store, node: ox.NamedNode) -> list[ox.NamedNode]:
    """Return the things that recorded matching decisions declare the same as `node`, without `node`, sorted by IRI.

    Decisions are symmetric and transitive: a is the same as c where both are the same as b.
    """
    same = ox.NamedNode("https://w3id.org/orgline/code/match-decision/same")
    left, right, decision = ol_term("left"), ol_term("right"), ol_term("decision")
    seen: set[ox.NamedNode] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        for own_side, other_side in ((left, right), (right, left)):
            for match in subjects(store, own_side, current):
                if same in objects(store, match, decision):
                    pending += [other for other in objects(store, match, other_side) if isinstance(other, ox.NamedNode)]
    return sorted(seen - {node}, key=lambda thing: thing.value)


def are_same_thing(store: ox.Store, things: list[ox.NamedNode]) -> bool:
    """Return whether matching decisions declare all of `things`, at least one, the same."""
    return set(things) <= {things[0], *same_as(store, things[0])}
