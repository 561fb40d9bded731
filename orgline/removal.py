"""Removal: a person is taken out of content and builds, and kept from coming back; or nothing changes.

What is to go is planned and checked as a whole first. Once it is decided on, whoever gives the command next ends it,
should it be stopped: the files are put in place, the graph is built anew, and every earlier build is cleared.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from orgline.build import Tell, build, checked
from orgline.content import DEFAULT_BASE, REMOVALS, Content
from orgline.errors import CannotRun
from orgline.find import choose, names_of, same_as
from orgline.load import load
from orgline.place import base_of, clear_others
from orgline.query import Parameter
from orgline.records import register
from orgline.removals import Register, Removal, kind_of, sealed
from orgline.sealed import new_salt
from orgline.spelled import Names
from orgline.store import RDF_TYPE, RDFS_LABEL, label, local_name, objects, ol, subjects
from orgline.swap import alone, decide, decided, finish, put_in_place, staged
from orgline.tables import read_kinds
from orgline.when import Moment
from orgline.without import MARK, Without
from orgline.words import meant

_FORMS = (RDFS_LABEL, ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel"))


@dataclass(frozen=True)
class Plan:
    """What the removal of a person would do: `label` is what the person is called, `entry` the register's line."""

    content: Content
    label: str
    names: Names
    without: Without
    entry: Removal

    @property
    def files(self) -> dict[Path, bytes]:
        """The new bytes of every file that changes, the register among them."""
        return {**self.without.files, **_registered(self.content, self.entry)}


@dataclass(frozen=True)
class Said:
    """What is said with a removal: how else the person is called, what bears the name and stays, the language."""

    also: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    lang: str = "vi"


NOTHING_SAID = Said()


def plan(content: Content, typed: str, because: str, said: Said = NOTHING_SAID) -> Plan:
    """Return what it would take to remove the person called `typed`.

    Raises NothingFits when nobody is called so, CannotRun when several are, ContentError when the content is broken.
    """
    if not because.strip():
        raise CannotRun('--because: is empty. Say why, as in --because "asked for by the person on 2 March".')
    store, classes = load(content).store, _classes(content)
    person = _chosen(store, classes, typed, said.lang)
    persons = [person, *same_as(store, person)]
    names = Names([*said.also, *(form for one in persons for form in _forms(store, one))])
    gone = {_short(one) for one in persons}
    others = {_short(one) for one in _namesakes(store, classes, names)} - gone
    others |= {_described(store, thing) for thing in said.keep}
    number = secrets.token_hex(2)
    without = Without(content, gone, names, others, f"removed-{number}")
    on = Moment.today().day.isoformat()
    known = Register.of(content).removals
    salt = known[0].salt if known else new_salt()
    reason = names.masked(because.strip(), MARK, MARK)
    entry = sealed((f"{on}-{number}", on, reason), names, without.others, salt)
    return Plan(content, label(store, person, said.lang), names, without, entry)


def carry_out(done: Plan, out: Path, tell: Tell | None = None) -> None:
    """Do what was planned, build `out` anew and clear every earlier build of it.

    Raises ContentError when the content would not be sound without the person; then nothing has changed.
    """
    content, files = done.content, done.files
    with alone(content):
        _refuse_begun(content)
        with staged(content, files) as copy:
            checked(copy)
        decide(content, files, {"out": str(out.absolute()), "base": base_of(out) or DEFAULT_BASE})
        _end(content, tell)


def end_begun(content: Content, tell: Tell | None = None) -> bool:
    """End a change of `content` that was decided on and stopped; tell whether there was one."""
    if decided(content) is None:
        return False
    with alone(content):
        _end(content, tell)
    return True


def _end(content: Content, tell: Tell | None) -> None:
    then = decided(content)
    if then is None:
        return
    put_in_place(content)
    if "out" in then:
        build(content, Path(then["out"]), then["base"], tell, ending=True)
        clear_others(Path(then["out"]))
    finish(content)


def take_back(content: Content, removal: str) -> None:
    """Take the entry `removal` out of the register: the name may come in again; what was removed stays so."""
    Register.of(content).get(removal)
    records = register(content.register(REMOVALS), f"data/{REMOVALS}.csv", kind_of(content, REMOVALS))
    records.drop([one for one in records.rows if records.cells(one).get("removal") == removal])
    _change(content, {content.register(REMOVALS): bytes(records)})


def let_in(content: Content, typed: str, removal: str, lang: str = "vi") -> str:
    """Record that the person called `typed` is another than the one of `removal`; return what that one is called."""
    entry, store = Register.of(content).get(removal), load(content).store
    person = _chosen(store, _classes(content), typed, lang)
    names = Names(_forms(store, person))
    if not any(entry in Register([entry]).in_text(form) for form in names.forms):
        raise CannotRun(f'--another {removal}: "{typed}" does not bear that name. Nothing needs to be said.')
    bearers = Without(content, (), names, {_short(person)}, "").others
    new = sealed(("", "", ""), names, bearers, entry.salt)
    both = {name: " ".join(sorted(entry.sets[name] | new.sets[name])) for name in ("other_tags", "others")}
    _change(content, _registered(content, replace(entry, **both)))
    return label(store, person, lang)


def _registered(content: Content, entry: Removal) -> dict[Path, bytes]:
    """Return the register with `entry` in it, in the place of an older one of its name."""
    path = content.register(REMOVALS)
    records = register(path, content.place(path), kind_of(content, REMOVALS))
    records.drop([one for one in records.rows if records.cells(one).get("removal") == entry.removal])
    records.add(asdict(entry))
    return {path: bytes(records)}


def _change(content: Content, files: dict[Path, bytes]) -> None:
    with alone(content):
        _refuse_begun(content)
        decide(content, files, {})
        _end(content, None)


def _refuse_begun(content: Content) -> None:
    if decided(content) is not None:
        raise CannotRun(f"{content.root}: a change was begun meanwhile. Give the command again to end it first.")


def _classes(content: Content) -> list[str]:
    """Return the classes of the things that can be removed, as their tables say."""
    kinds = [kind for kind in read_kinds(content).values() if kind.removable]
    types = {
        column.value for kind in kinds for column in kind.columns if column.virtual and column.property == "rdf:type"
    }
    if not types:
        raise CannotRun('ontology/tables: no kind of table has "ol:removable". Say so in the one of people.')
    return sorted(content.expand(one) for one in types if one)


def _chosen(store: ox.Store, classes: Sequence[str], typed: str, lang: str) -> ox.NamedNode:
    """Return the person meant by `typed`: of several of one name, the one whose key it is."""
    people = {one for kind in classes for one in subjects(store, RDF_TYPE, ox.NamedNode(kind))}
    exact = [one for one in people if typed.strip() in (local_name(one), _short(one), one.value)]
    return exact[0] if len(exact) == 1 else choose(store, Parameter("PERSON", "", {}), classes, typed, lang)


def _short(node: ox.NamedNode) -> str:
    return node.value.removeprefix(DEFAULT_BASE)


def _forms(store: ox.Store, node: ox.NamedNode) -> list[str]:
    """Return all that a person is called: names, and what sources print where they say the name."""
    claims = [one for one in subjects(store, ol("about"), node) if set(objects(store, one, ol("field"))) & set(_FORMS)]
    printed = [one.value for claim in claims for one in objects(store, claim, ol("printed"))]
    return [*names_of(store, node), *printed]


def _namesakes(store: ox.Store, classes: Sequence[str], names: Names) -> list[ox.NamedNode]:
    """Return everybody who bears one of `names`, whole."""
    people = {one for kind in classes for one in subjects(store, RDF_TYPE, ox.NamedNode(kind))}
    return [one for one in people if any(not names.masked(form, "", "").strip() for form in names_of(store, one))]


def _described(store: ox.Store, thing: str) -> str:
    """Return `thing`, which is to be kept. Raises CannotRun when nobody has described it."""
    known = {
        _short(quad.subject)
        for quad in store.quads_for_pattern(None, RDF_TYPE, None)
        if isinstance(quad.subject, ox.NamedNode)
    }
    if thing not in known:
        raise CannotRun(f'--keep "{thing}": nobody has described it.{meant(thing, known)} Give it as kind/name.')
    return thing
