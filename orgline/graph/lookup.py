"""Find: which thing of the graph is meant by what somebody typed.

Names are compared without accents, case and punctuation. A whole name wins over a part of one; two
things that fit are a choice for the person who asked, never for us.
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

_NAMES = (
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
    """Return the things of `classes` (IRIs) that `typed` fits best: a whole name, else a part of names.

    Names are labels, alternative and hidden forms, identifiers, IRIs and their last part. The result is sorted;
    it is empty when nothing fits.
    """
    classes = list(classes)
    if named := _with_iri(store, typed, classes):
        return [named]
    wanted = accented_and_plain(typed)
    whole, part = set(), set()
    for node in _things_of(store, classes):
        names = [accented_and_plain(name) for name in names_of(store, node)]
        if any(_is_whole_name(wanted, name) for name in names) and not _accents_contradict(wanted, names):
            whole.add(node)
        elif any(_has_phrase(wanted, name) for name in names) and not _accents_contradict(wanted, names):
            part.add(node)
    return sorted(whole or part, key=lambda node: node.value)


def _with_iri(store: ox.Store, typed: str, classes: list[str]) -> ox.NamedNode | None:
    """Return the thing of `classes` whose IRI is `typed`, None if there is none: nothing else need be looked at."""
    try:
        node = ox.NamedNode(typed)
    except ValueError:
        return None
    kinds = (ox.Quad(node, RDF_TYPE, ox.NamedNode(one), ox.DefaultGraph()) for one in classes)
    return node if any(kind in store for kind in kinds) else None


def _is_whole_name(wanted: list[tuple[str, str]], name: list[tuple[str, str]]) -> bool:
    return len(name) == len(wanted) and all(map(words_match, wanted, name))


def _accents_contradict(wanted: list[tuple[str, str]], names: list[list[tuple[str, str]]]) -> bool:
    """Tell whether the accents typed are not those of the name: then one without accents is no witness either."""
    plain = [(word[1], word[1]) for word in wanted]
    spoken = [one for one in names if _has_phrase(plain, one)]
    accented = [one for one in spoken if not all(word[0].isascii() for word in one)]
    return bool(accented) and not any(_has_phrase(wanted, one) for one in accented)


def accented_and_plain(text: str) -> list[tuple[str, str]]:
    """Return the words of `text`: each as it is, and without accents."""
    return [(word, plain) for word in _WORD.findall(to_nfc(text)) if (plain := folded(word))]


def words_match(wanted: tuple[str, str], word: tuple[str, str]) -> bool:
    """Tell whether two words of `accented_and_plain` are the same, their accents not contradicting each other."""
    return wanted[1] == word[1] and accents_compatible(wanted[0], word[0])


def _has_phrase(wanted: list[tuple[str, str]], name: list[tuple[str, str]]) -> bool:
    """Tell whether the words of `wanted` stand in `name` in their order; the last may be cut short."""
    if not wanted:
        return False
    *whole, last = wanted
    words = iter(name)
    return all(any(words_match(one, word) for word in words) for one in whole) and any(
        word[1].startswith(last[1]) and accents_compatible(last[0], to_nfc(word[0])[: len(to_nfc(last[0]))])
        for word in words
    )


def _things_of(store: ox.Store, classes: Iterable[str]) -> set[ox.NamedNode]:
    return {thing for one in classes for thing in subjects(store, RDF_TYPE, ox.NamedNode(one))}


def names_of(store: ox.Store, node: ox.NamedNode) -> Iterable[str]:
    """Yield all that `node` is called, the last part of its IRI among it."""
    yield local_name(node)
    for name in _NAMES:
        for quad in store.quads_for_pattern(node, name, None, None):
            if isinstance(quad.object, ox.Literal):
                yield quad.object.value
                yield _TRAILING_NOTE.sub("", quad.object.value)


_LIST_HINT = Message("wrong_see_search", ' See what there is with "orgline list".')


def choose(store: ox.Store, parameter: Parameter, classes: Iterable[str], typed: str, *langs: str) -> ox.NamedNode:
    """Return the one thing meant by `typed` for `parameter`.

    Raises NothingFits when nothing does (naming what was probably meant), CannotRun when several do (listing them).
    """
    classes = list(classes)
    found = find(store, typed, classes)
    option = parameter.option
    if len(found) == 1 or (len(found) > 1 and are_same_thing(store, found)):
        return found[0]
    if not found:
        names = {name: node for node in _things_of(store, classes) for name in map(folded, names_of(store, node))}
        near = closest_match(folded(typed), names)
        hint = did_you_mean(label(store, names[near], *langs)) if near else _LIST_HINT
        text = f'{option}: nothing is called "{typed}".{hint}'
        raise NameNotFound(Message("wrong_not_called", text, option, typed, hint))
    every = list_choices(store, found, *langs)
    text = f'{option}: "{typed}" fits {len(found)}. Give one of these:\n{every}'
    raise CannotRun(Message("wrong_several", text, option, typed, len(found), every))


def list_choices(store: ox.Store, found: list[ox.NamedNode], *langs: str) -> str:
    """Return the first of `found` to choose from, one a line, and how many more there are."""
    shown = "\n".join(f"  {local_name(node)}  ({label(store, node, *langs)})" for node in found[:MAX_SHOWN])
    more = len(found) - MAX_SHOWN
    return Message("wrong_and_more", f"{shown}\n  and {more} more", shown, more) if more > 0 else shown


def same_as(store: ox.Store, node: ox.NamedNode) -> list[ox.NamedNode]:
    """Return what recorded matching decisions say is the same thing as `node`, itself left out."""
    same = ox.NamedNode("https://w3id.org/orgline/code/match-decision/same")
    seen: set[ox.NamedNode] = set()
    todo = [node]
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        for mine, other in ((ol_term("left"), ol_term("right")), (ol_term("right"), ol_term("left"))):
            for match in subjects(store, mine, one):
                if same in objects(store, match, ol_term("decision")):
                    todo += [node for node in objects(store, match, other) if isinstance(node, ox.NamedNode)]
    return sorted(seen - {node}, key=lambda one: one.value)


def are_same_thing(store: ox.Store, found: list[ox.NamedNode]) -> bool:
    """Tell whether matching decisions make all of `found` one thing."""
    return set(found) <= {found[0], *same_as(store, found[0])}
