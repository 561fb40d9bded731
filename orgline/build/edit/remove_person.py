"""Removal of a person from the content and all builds, with a register that refuses the name; or nothing changes.

The removal is planned and checked as a whole first. From its commit on, the next `orgline remove` completes it if it
is interrupted: it moves the files to their places, rebuilds the graph and deletes every earlier build.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyoxigraph as ox

from orgline.build.edit.redact import Redaction, redaction_mark
from orgline.build.edit.removal_register import Removal, RemovalRegister, hashed_removal, register_kind
from orgline.build.pipeline import StepCallback, check_content, run_build
from orgline.content import (
    DEFAULT_BASE,
    REMOVALS,
    Content,
    Parameter,
    apply_change,
    close_change,
    commit_change,
    exclusive_access,
    open_register,
    pending_change,
    read_base,
    read_table_kinds,
    remove_other_builds,
    staged_copy,
)
from orgline.graph import (
    RDF_TYPE,
    RDFS_LABEL,
    choose,
    label,
    load,
    local_name,
    names_of,
    objects,
    ol_term,
    same_as,
    subjects,
)
from orgline.text import CannotRun, Moment, NameMatcher, new_salt, suggestion_for

_NAME_PROPERTIES = (RDFS_LABEL, ox.NamedNode("http://www.w3.org/2004/02/skos/core#altLabel"))


@dataclass(frozen=True)
class RemovalPlan:
    """A planned removal: the person's `label` and `names`, the `redaction` and the register's new `entry`."""

    content: Content
    label: str
    names: NameMatcher
    redaction: Redaction
    entry: Removal

    @property
    def files(self) -> dict[Path, bytes]:
        """The new bytes of every file that changes, the register included."""
        return {**self.redaction.files, **_register_with(self.content, self.entry)}


@dataclass(frozen=True)
class RemovalOptions:
    """Options of a removal: other forms of the name, namesakes to keep (kind/name), the language of labels."""

    also: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    lang: str | None = None


DEFAULT_REMOVAL_OPTIONS = RemovalOptions()


def plan_removal(
    content: Content, typed: str, because: str, options: RemovalOptions = DEFAULT_REMOVAL_OPTIONS
) -> RemovalPlan:
    """Plan the removal of the person called `typed`, for the reason `because`. Changes nothing.

    Raises NameNotFound when nobody has the name, CannotRun when several have, ContentError when the content has
    problems.
    """
    if not because.strip():
        raise CannotRun('--because: is empty. Say why, as in --because "asked for by the person on 2 March".')
    store, classes, langs = load(content).store, _removable_classes(content), _languages(content, options.lang)
    person = _find_person(store, classes, typed, langs)
    persons = [person, *same_as(store, person)]
    names = NameMatcher([*options.also, *(form for node in persons for form in _name_forms(store, node))])
    gone = {_relative_iri(node) for node in persons}
    others = {_relative_iri(node) for node in _namesakes(store, classes, names)} - gone
    others |= {_require_described(store, thing) for thing in options.keep}
    number = secrets.token_hex(2)
    redaction = Redaction(content, gone, names, others, f"removed-{number}")
    on = Moment.today().day.isoformat()
    known = RemovalRegister.of(content).removals
    salt = known[0].salt if known else new_salt()
    mark = redaction_mark(content)
    reason = names.masked(because.strip(), mark, mark)
    entry = hashed_removal((f"{on}-{number}", on, reason), names, redaction.others, salt)
    return RemovalPlan(content, label(store, person, *langs), names, redaction, entry)


def apply_removal(plan: RemovalPlan, out: Path, on_step: StepCallback | None = None) -> None:
    """Carry out `plan`, rebuild `out` and delete every earlier build of it.

    Raises ContentError, and changes nothing, when the content would have problems without the person.
    """
    content, files = plan.content, plan.files
    with exclusive_access(content):
        _refuse_pending_change(content)
        with staged_copy(content, files) as copy:
            check_content(copy)
        commit_change(content, files, {"out": str(out.absolute()), "base": read_base(out) or DEFAULT_BASE})
        _complete_change(content, on_step)


def finish_pending_change(content: Content, on_step: StepCallback | None = None) -> bool:
    """Complete an interrupted change of `content`; return whether there was one."""
    if pending_change(content) is None:
        return False
    with exclusive_access(content):
        _complete_change(content, on_step)
    return True


def _complete_change(content: Content, on_step: StepCallback | None) -> None:
    """Apply the change that is pending, build anew without earlier builds if it asks for that, and close it."""
    then = pending_change(content)
    if then is None:
        return
    apply_change(content)
    if "out" in then:
        run_build(content, Path(then["out"]), then["base"], on_step, ending=True)
        remove_other_builds(Path(then["out"]))
    close_change(content)


def undo_removal(content: Content, removal: str) -> None:
    """Delete the entry `removal` from the register, so that the name is accepted again; restores nothing."""
    RemovalRegister.of(content).get(removal)
    records = open_register(content.register(REMOVALS), f"data/{REMOVALS}.csv", register_kind(content, REMOVALS))
    records.drop([row for row in records.rows if records.cells(row).get("removal") == removal])
    _change_register(content, {content.register(REMOVALS): bytes(records)})


def allow_namesake(content: Content, typed: str, removal: str, lang: str | None = None) -> str:
    """Record that the person called `typed` is not the one of `removal`, so that they are accepted; return the label.

    Raises CannotRun when that person does not have the removed name.
    """
    entry, store = RemovalRegister.of(content).get(removal), load(content).store
    langs = _languages(content, lang)
    person = _find_person(store, _removable_classes(content), typed, langs)
    names = NameMatcher(_name_forms(store, person))
    if not any(entry in RemovalRegister([entry]).find_in_text(form) for form in names.forms):
        raise CannotRun(f'--another {removal}: "{typed}" does not have that name. Nothing needs to be recorded.')
    bearers = Redaction(content, (), names, {_relative_iri(person)}, "").others
    new = hashed_removal(("", "", ""), names, bearers, entry.salt)
    both = {name: " ".join(sorted(entry.sets[name] | new.sets[name])) for name in ("other_tags", "others")}
    _change_register(content, _register_with(content, replace(entry, **both)))
    return label(store, person, *langs)


def _languages(content: Content, lang: str | None) -> list[str]:
    """Return the languages of `content`, `lang` first if given."""
    return [lang, *content.words] if lang else list(content.words)


def _register_with(content: Content, entry: Removal) -> dict[Path, bytes]:
    """Return the register's path and new bytes: with `entry`, in place of one of the same id."""
    path = content.register(REMOVALS)
    records = open_register(path, content.place(path), register_kind(content, REMOVALS))
    records.drop([row for row in records.rows if records.cells(row).get("removal") == entry.removal])
    records.add(asdict(entry))
    return {path: bytes(records)}


def _change_register(content: Content, files: dict[Path, bytes]) -> None:
    with exclusive_access(content):
        _refuse_pending_change(content)
        commit_change(content, files, {})
        _complete_change(content, None)


def _refuse_pending_change(content: Content) -> None:
    if pending_change(content) is not None:
        raise CannotRun(
            f"{content.root}: another change began in the meantime. Give the command again to complete it first."
        )


def _removable_classes(content: Content) -> list[str]:
    """Return the IRIs of the classes whose tables declare "ol:removable"."""
    kinds = [kind for kind in read_table_kinds(content).values() if kind.removable]
    types = {
        column.value for kind in kinds for column in kind.columns if column.virtual and column.property == "rdf:type"
    }
    if not types:
        raise CannotRun('ontology/tables: no table has "ol:removable". Add it to the table of people.')
    return sorted(content.expand(name) for name in types if name)


def _find_person(store: ox.Store, classes: Sequence[str], typed: str, langs: Sequence[str]) -> ox.NamedNode:
    """Return the person whose key, IRI or name is `typed`; a key decides among several of one name."""
    people = {person for name in classes for person in subjects(store, RDF_TYPE, ox.NamedNode(name))}
    exact = [person for person in people if typed.strip() in (local_name(person), _relative_iri(person), person.value)]
    return exact[0] if len(exact) == 1 else choose(store, Parameter("PERSON", "", {}), classes, typed, *langs)


def _relative_iri(node: ox.NamedNode) -> str:
    return node.value.removeprefix(DEFAULT_BASE)


def _name_forms(store: ox.Store, node: ox.NamedNode) -> list[str]:
    """Return the names of a person, and the forms that sources print in claims about a name."""
    claims = [
        claim
        for claim in subjects(store, ol_term("about"), node)
        if set(objects(store, claim, ol_term("field"))) & set(_NAME_PROPERTIES)
    ]
    printed = [text.value for claim in claims for text in objects(store, claim, ol_term("printed"))]
    return [*names_of(store, node), *printed]


def _namesakes(store: ox.Store, classes: Sequence[str], names: NameMatcher) -> list[ox.NamedNode]:
    """Return the people of `classes` who have one of `names` as a whole name."""
    people = {person for name in classes for person in subjects(store, RDF_TYPE, ox.NamedNode(name))}
    return [
        person for person in people if any(not names.masked(form, "", "").strip() for form in names_of(store, person))
    ]


def _require_described(store: ox.Store, thing: str) -> str:
    """Return `thing` (kind/name). Raises CannotRun when the content does not describe it."""
    known = {
        _relative_iri(quad.subject)
        for quad in store.quads_for_pattern(None, RDF_TYPE, None)
        if isinstance(quad.subject, ox.NamedNode)
    }
    if thing not in known:
        raise CannotRun(
            f'--keep "{thing}": nobody has described it.{suggestion_for(thing, known)} Give it as kind/name.'
        )
    return thing
