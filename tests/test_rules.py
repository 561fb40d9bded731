"""What each rule concludes of a small graph, and what it must not; how the rules work together.

The cases of ontology/rules/STEM.rq are in tests/rules/STEM.trig, written as tests/variants.py says. The default graph
and each named graph is a case of its own. The rule adds to it exactly the triples of ``<#concludes>`` or
``<#NAME.concludes>``; where there is no such graph, it adds nothing.
"""

import re
from collections.abc import Callable

import pyoxigraph as ox
import pytest
from conftest import ROOT
from variants import changed, read

from orgline.content.tree import DEFAULT_BASE, Content
from orgline.graph.evidence import CONTRADICTED, INFERRED, EvidenceBook
from orgline.graph.rules import infer
from orgline.graph.store import load_turtle, objects, ol_term, subjects
from orgline.hierarchy.columns import relations_of
from orgline.text.temporal_status import ENDED, HELD, LAST_ATTESTED, UNDATED, DatedEvidence, ordinal_bounds

ID = "https://w3id.org/orgline/id/"
CODE = "https://w3id.org/orgline/code/"
SCHEMA = "https://schema.org/"
DERIVED_FROM = ox.NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
PREFIXES = f"""
@prefix ol: <https://w3id.org/orgline/ns#> . @prefix org: <http://www.w3.org/ns/org#> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix schema: <{SCHEMA}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix body: <{ID}body/> . @prefix post: <{ID}post/> . @prefix person: <{ID}person/> .
@prefix line: <{ID}line/> . @prefix tenure: <{ID}tenure/> . @prefix role: <{CODE}role/> .
@prefix type: <{CODE}line-type/> . @prefix quantifier: <{CODE}quantifier/> . @prefix source: <{ID}source/> .
@prefix claim: <{ID}claim/> . @prefix finding: <{ID}finding/> . @prefix class: <{ID}class/> .
"""
HEADS = """
post:low-head org:postIn body:low ; org:role role:secretary .
post:high-head org:postIn body:high ; org:role role:secretary .
"""
UNDER = "line:given ol:lower body:low ; ol:upper body:high ; ol:lineType type:subordination ."

Concluded = Callable[[str], ox.Store]


def vocabulary(content: Content) -> ox.Store:
    store = ox.Store()
    for path in content.vocabularies:
        assert load_turtle(store, path, path.name, DEFAULT_BASE, None) is None
    return store


CODES = vocabulary(Content(ROOT))


def coded(scheme: str, flag: str, *, has: bool) -> list[str]:
    """The names of the codes of a scheme that have a flag, or have it not, found in the content."""
    in_scheme = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")
    codes = subjects(CODES, in_scheme, ox.NamedNode(CODE + scheme))
    return sorted(
        one.value.rpartition("/")[2] for one in codes if bool(list(objects(CODES, one, ol_term(flag)))) == has
    )


HEAD_ROLES, SEAT_ROLES = coded("role", "headship", has=True), coded("role", "headship", has=False)
BINDING, LOOSE = coded("line-type", "bindsHeads", has=True), coded("line-type", "bindsHeads", has=False)


@pytest.fixture(scope="module")
def concluded(content: Content) -> Concluded:
    """Say something in Turtle, and have the rules conclude from it."""

    def conclude(turtle: str) -> ox.Store:
        store = ox.Store()
        store.bulk_extend(CODES)
        store.load((PREFIXES + turtle).encode(), ox.RdfFormat.TURTLE)
        infer(store, content)
        return store

    return conclude


def derived(store: ox.Store) -> dict[tuple[str, str, str], ox.NamedNode]:
    """The lines that rules concluded, by the names of their ends and type."""
    ends = ("lower", "upper", "lineType")
    return {
        tuple(next(objects(store, line, ol_term(end))).value.rpartition("/")[2] for end in ends): line
        for line in {quad.subject for quad in store.quads_for_pattern(None, ol_term("byRule"), None)}
    }


def said(store: ox.Store, line: ox.NamedNode, name: str) -> set[str]:
    """The values of a property of a line; names without a prefix are of orgline."""
    predicate = ox.NamedNode(SCHEMA + name.removeprefix("schema:")) if name.startswith("schema:") else ol_term(name)
    return {term.value for term in objects(store, line, predicate)}


def on(store: ox.Store, line: ox.NamedNode, day: str) -> str:
    """What is known of a line on a day."""
    start, end = (next(iter(said(store, line, f"schema:{name}Date")), "") for name in ("start", "end"))
    return DatedEvidence.of(start, end, said(store, line, "attestedOn")).on(ordinal_bounds(day)[0]).name


def test_the_head_of_a_body_reports_to_the_head_above(concluded: Concluded) -> None:
    """Of a body directly under another, the head reports to the other's head, and to nothing else."""
    assert set(derived(concluded(HEADS + UNDER))) == {("low-head", "high-head", "subordination")}


def test_nothing_follows_without_a_line(concluded: Concluded) -> None:
    """Two bodies with heads and no line between them make no line of posts."""
    assert derived(concluded(HEADS)) == {}


def test_nothing_follows_without_a_post(concluded: Concluded) -> None:
    """A body of which no post is known gets none, and no line."""
    store = concluded(UNDER + "post:high-head org:postIn body:high ; org:role role:secretary .")
    assert derived(store) == {}


@pytest.mark.parametrize("kind", BINDING)
def test_a_binding_line_keeps_its_type(kind: str, concluded: Concluded) -> None:
    """A line of a type that binds heads makes a line of the same type between them."""
    store = concluded(HEADS + UNDER.replace("subordination", kind))
    assert set(derived(store)) == {("low-head", "high-head", kind)}


@pytest.mark.parametrize("kind", sorted(set(LOOSE) - {"organ-of"}))
def test_other_lines_bind_nobody(kind: str, concluded: Concluded) -> None:
    """Who only directs, advises, leads as a group or works with a body is no superior of its head."""
    assert derived(concluded(HEADS + UNDER.replace("subordination", kind))) == {}


def test_dual_subordination_keeps_both_superiors(concluded: Concluded) -> None:
    """A body with a superior in organization and one in its profession has a head with both, each by its type."""
    store = concluded(
        HEADS
        + UNDER
        + "post:guide-head org:postIn body:guide ; org:role role:head ."
        + "line:other ol:lower body:low ; ol:upper body:guide ; ol:lineType type:professional-direction ."
    )
    assert set(derived(store)) == {
        ("low-head", "high-head", "subordination"),
        ("low-head", "guide-head", "professional-direction"),
    }


def test_two_superiors_of_one_type_are_both_kept(concluded: Concluded) -> None:
    """Where a body is said to be under two others, no rule takes one of them for the right one."""
    store = concluded(
        HEADS
        + UNDER
        + "post:other-head org:postIn body:other ; org:role role:secretary ."
        + "line:other ol:lower body:low ; ol:upper body:other ; ol:lineType type:subordination ."
    )
    assert {upper for _, upper, _ in derived(store)} == {"high-head", "other-head"}


@pytest.mark.parametrize("role", SEAT_ROLES)
def test_seats_report_to_the_head_of_their_own_body(role: str, concluded: Concluded) -> None:
    """Deputies, standing deputies and members report to the head of their body, and not along its lines."""
    store = concluded(HEADS + UNDER + f"post:seat org:postIn body:low ; org:role role:{role} .")
    assert set(derived(store)) == {("low-head", "high-head", "subordination"), ("seat", "low-head", "subordination")}


@pytest.mark.parametrize("role", HEAD_ROLES)
def test_a_head_is_not_under_another_head_of_its_body(role: str, concluded: Concluded) -> None:
    """No head of a body is a seat under it, whatever heads are called."""
    store = concluded(
        f"post:one org:postIn body:low ; org:role role:{role} . post:two org:postIn body:low ; org:role role:head ."
    )
    assert derived(store) == {}


def test_seats_without_a_head_have_no_superior(concluded: Concluded) -> None:
    """Where no head of a body is known, its seats are under nobody: a post is not made up."""
    assert derived(concluded("post:seat org:postIn body:low ; org:role role:member .")) == {}


def test_the_seats_of_a_steering_committee_are_under_its_head(concluded: Concluded) -> None:
    """A steering committee's deputy head and members report to its head, be they heads elsewhere or not."""
    store = concluded(
        HEADS
        + "post:steering-head org:postIn body:steering ; org:role role:head ."
        + "post:steering-deputy org:postIn body:steering ; org:role role:deputy-head ."
        + "post:steering-member org:postIn body:steering ; org:role role:member ."
        + "tenure:a org:member person:p ; ol:inPost post:low-head ."
        + "tenure:b org:member person:p ; ol:inPost post:steering-member ."
    )
    assert set(derived(store)) == {
        ("steering-deputy", "steering-head", "subordination"),
        ("steering-member", "steering-head", "subordination"),
    }


def test_the_head_of_an_organ_reports_to_the_committee(concluded: Concluded) -> None:
    """The head of an organ reports to the committee as a whole, never to its head; a deputy to the organ's head."""
    store = concluded(
        HEADS
        + UNDER.replace("subordination", "organ-of")
        + "post:deputy org:postIn body:low ; org:role role:deputy-head ."
    )
    assert set(derived(store)) == {("low-head", "high", "organ-of"), ("deputy", "low-head", "subordination")}


def test_a_head_reports_to_a_body_whose_head_nobody_names(concluded: Concluded) -> None:
    """Where no post at the head of the superior body is known, the line ends at the body itself."""
    low = "post:low-head org:postIn body:low ; org:role role:secretary ."
    deputy = "post:high-deputy org:postIn body:high ; org:role role:deputy-secretary ."
    assert set(derived(concluded(low + UNDER + deputy))) == {("low-head", "high", "subordination")}


def test_a_line_of_a_class_is_nobodys(concluded: Concluded) -> None:
    """A line of a class of bodies binds no head of a body, not even of one that is said to be in a class."""
    given = UNDER.replace("body:low", "class:low") + "line:given ol:quantifier quantifier:some ."
    assert derived(concluded(HEADS + given)) == {}


def test_a_derived_line_says_what_it_follows_from(concluded: Concluded) -> None:
    """A derived line names its rule and what it rests on, and carries source, quantifier and all dates of that."""
    dates = {
        "schema:startDate": "2020-02",
        "startEarliest": "2020-02-01",
        "startLatest": "2020-02-29",
        "schema:endDate": "2024",
        "endEarliest": "2024-01-01",
        "endLatest": "2024-12-31",
        "attestedOn": "2022-08-19",
    }
    told = "; ".join(f'{name if ":" in name else f"ol:{name}"} "{value}"' for name, value in dates.items())
    given = f"line:given {told} ; prov:wasDerivedFrom source:a , source:b ; ol:quantifier quantifier:all ."
    store = concluded(HEADS + UNDER + given)
    line = derived(store)["low-head", "high-head", "subordination"]
    assert {name: said(store, line, name) for name in dates} == {name: {value} for name, value in dates.items()}
    assert said(store, line, "restsOn") == {f"{ID}line/given"}
    assert said(store, line, "byRule") == {"heads-report-along-the-lines-of-their-bodies"}
    assert said(store, line, "quantifier") == {f"{CODE}quantifier/all"}
    assert {one.value for one in objects(store, line, DERIVED_FROM)} == {f"{ID}source/a", f"{ID}source/b"}


def test_two_times_under_the_same_body_are_two_lines(concluded: Concluded) -> None:
    """A body that left and came back makes two lines of its head, each with its own dates."""
    store = concluded(
        HEADS
        + UNDER
        + 'line:given schema:startDate "2010" ; schema:endDate "2012" .'
        + UNDER.replace("line:given", "line:again")
        + 'line:again schema:startDate "2015" .'
    )
    lines = {quad.subject for quad in store.quads_for_pattern(None, ol_term("byRule"), None)}
    assert sorted((*said(store, one, "schema:startDate"), *said(store, one, "schema:endDate")) for one in lines) == [
        ("2010", "2012"),
        ("2015",),
    ]


@pytest.mark.parametrize("certainty", ["Stated", "Inferred", "OutsideKnowledge"])
def test_what_follows_is_inferred(certainty: str, concluded: Concluded) -> None:
    """What a rule concludes is inferred, however sure it is what it rests on."""
    store = concluded(
        HEADS
        + UNDER
        + f"claim:a a ol:Claim ; ol:about line:given ; ol:certainty ol:{certainty} ; prov:wasDerivedFrom source:a ."
    )
    line = derived(store)["low-head", "high-head", "subordination"]
    assert said(store, line, "certainty") == {ol_term("Inferred").value}
    assert EvidenceBook(store).of(line).answer == INFERRED


def test_what_rests_on_the_contradicted_is_contradicted(concluded: Concluded) -> None:
    """A finding on a line is one on each line of posts that follows from it."""
    store = concluded(HEADS + UNDER + 'finding:a ol:check "two-superiors" ; ol:about line:given .')
    assert EvidenceBook(store).of(derived(store)["low-head", "high-head", "subordination"]).answer == CONTRADICTED


def test_what_rests_on_the_superseded_is_superseded(concluded: Concluded) -> None:
    """A line that a better claim supersedes makes none that holds, and the better one does."""
    store = concluded(
        HEADS
        + UNDER
        + "claim:a a ol:Claim ; ol:about line:given ; ol:standing ol:Superseded ; prov:wasDerivedFrom source:a ."
        + "line:back ol:lower body:high ; ol:upper body:low ; ol:lineType type:subordination ."
    )
    assert relations_of(store).lines["lower"].to_list() == [f"{ID}body/high", f"{ID}post/high-head"]


@pytest.mark.parametrize(
    ("tenure", "day", "status"),
    [
        ('ol:attestedOn "2022-08-19"', "2022-08-19", HELD),
        ('ol:attestedOn "2022-08-19"', "2023-01-01", LAST_ATTESTED),
        ('schema:startDate "2021-05-01"', "2023-01-01", LAST_ATTESTED),
        ('schema:startDate "2021-05-01" ; schema:endDate "2024-05-01"', "2023-01-01", LAST_ATTESTED),
        ("", "2023-01-01", UNDATED),
    ],
)
def test_a_seat_is_there_while_it_is_held(tenure: str, day: str, status: str, concluded: Concluded) -> None:
    """The line of a seat to its head is known on the days on which somebody holds it, by a stated date or attested."""
    store = concluded(
        HEADS
        + "post:seat org:postIn body:low ; org:role role:member ."
        + f"tenure:t ol:inPost post:seat ; org:member person:p {f'; {tenure}' if tenure else ''} ."
    )
    line = derived(store)["seat", "low-head", "subordination"]
    assert on(store, line, day) == status
    assert said(store, line, "restsOn") == {f"{ID}post/seat", f"{ID}post/low-head"}


def test_a_seat_goes_with_its_body(concluded: Concluded) -> None:
    """The line of a seat to its head begins and ends with the body."""
    store = concluded(
        HEADS
        + "post:seat org:postIn body:low ; org:role role:member ."
        + 'body:low schema:foundingDate "2010-01-01" ; schema:dissolutionDate "2020-12-31" .'
    )
    line = derived(store)["seat", "low-head", "subordination"]
    assert (on(store, line, "2015-01-01"), on(store, line, "2021-01-01")) == (HELD, ENDED)


ENDING = """
finding:change ol:changeKind <{CODE}change-kind/succeeded> ; org:originalOrganization body:low ;
    schema:startDate "2025" ; ol:earliest "2025-01-01"^^xsd:date ; ol:latest "2025-12-31"^^xsd:date .
""".replace("{CODE}", CODE)
DISSOLVED = 'body:high schema:dissolutionDate "2024-06-30" ; ol:endLatest "2024-06-30"^^xsd:date .'


@pytest.mark.parametrize(
    ("ends", "wanted"),
    [(ENDING, "[..2025-12-31]"), (DISSOLVED, "[..2024-06-30]"), (ENDING + DISSOLVED, "[..2024-06-30]")],
)
def test_lines_have_ended_when_a_body_has(ends: str, wanted: str, concluded: Concluded) -> None:
    """A line and what follows from it have ended by the day on which the sooner of its bodies has, once."""
    store = concluded(HEADS + UNDER + ends)
    lines = (ox.NamedNode(f"{ID}line/given"), derived(store)["low-head", "high-head", "subordination"])
    assert [said(store, one, "schema:endDate") for one in lines] == [{wanted}] * 2


def test_what_has_ended_by_a_day_did_not_surely_last_until_it(concluded: Concluded) -> None:
    """A tenure of a body that ended is last attested before, for it may have ended sooner, and ended after."""
    tenure = 'tenure:t ol:inPost post:high-head ; org:member person:p ; ol:attestedOn "2020-01-01" .'
    store = concluded(HEADS + DISSOLVED + tenure)
    node = ox.NamedNode(f"{ID}tenure/t")
    assert [on(store, node, day) for day in ("2024-06-30", "2024-07-01")] == [LAST_ATTESTED, ENDED]


def test_an_end_of_its_own_comes_first(concluded: Concluded) -> None:
    """A line that is said to have ended keeps that day, and one of bodies that live on has no end."""
    own = concluded(HEADS + UNDER + DISSOLVED + 'line:given schema:endDate "2022" .')
    none = concluded(HEADS + UNDER)
    node = ox.NamedNode(f"{ID}line/given")
    assert [said(store, node, "schema:endDate") for store in (own, none)] == [{"2022"}, set()]


def test_rules_come_to_rest(concluded: Concluded, content: Content, graph: ox.Store) -> None:
    """What was concluded once is not concluded again: not of a loop of bodies, and not of the five reports."""
    store = concluded(
        HEADS + UNDER + "line:back ol:lower body:high ; ol:upper body:low ; ol:lineType type:subordination ."
    )
    assert len(derived(store)) == 2
    assert infer(store, content) == []
    copy = ox.Store()
    copy.bulk_extend(graph)
    assert infer(copy, content) == []


def test_each_rule_for_lines_names_itself(content: Content, concluded: Concluded) -> None:
    """What a rule's lines say it follows by is the name of its file, and each such rule concludes something."""
    named = {path.stem: re.search(r'ol:byRule "([^"]+)"', path.read_text(encoding="utf-8")) for path in content.rules}
    ours = {stem: found.group(1) for stem, found in named.items() if found}
    assert ours == {stem: stem for stem in ours}
    store = concluded(
        HEADS
        + UNDER
        + "post:seat org:postIn body:low ; org:role role:member ."
        + "line:top ol:lower body:high ; ol:upper body:top ; ol:lineType type:subordination ."
        + "line:organ ol:lower body:low ; ol:upper body:top ; ol:lineType type:organ-of ."
    )
    assert {quad.object.value for quad in store.quads_for_pattern(None, ol_term("byRule"), None)} == set(ours)


CASES = sorted((ROOT / "tests" / "rules").glob("*.trig"))
ONTOLOGY = "https://w3id.org/orgline/graph/ontology"
NAMES = [
    (path.stem, name)
    for path in CASES
    for name in ("", *read(path)[1])
    if not name.endswith("concludes") and name != ONTOLOGY
]


@pytest.fixture(scope="module")
def only(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Content]:
    """Return a content tree that has one rule of ours and nothing else."""

    def with_rule(stem: str) -> Content:
        root = tmp_path_factory.mktemp(stem)
        for folder in ("ontology/rules", "data", "queries", "viz"):
            (root / folder).mkdir(parents=True)
        for name in ("prefixes.ttl", f"rules/{stem}.rq"):
            (root / "ontology" / name).symlink_to(ROOT / "ontology" / name)
        return Content(root)

    return with_rule


def test_each_rule_has_cases(content: Content) -> None:
    """Each rule has a graph from which it concludes something, and at least one from which it concludes nothing."""
    assert [path.stem for path in CASES] == [path.stem for path in content.rules]
    for path in CASES:
        variants = read(path)[1]
        assert "concludes" in variants, path
        assert any(f"{name}.concludes" not in variants for stem, name in NAMES if stem == path.stem and name), path


@pytest.mark.parametrize(("stem", "name"), NAMES, ids=[f"{stem}-{name or 'first'}" for stem, name in NAMES])
def test_a_rule_concludes_what_its_case_says(stem: str, name: str, only: Callable[[str], Content]) -> None:
    """A rule alone adds the triples that its case names to the graph, and no other."""
    facts, variants = read(ROOT / "tests" / "rules" / f"{stem}.trig")
    store = ox.Store()
    store.extend(ox.Quad(*fact) for fact in changed(facts, variants.get(name, ())))
    store.extend(ox.Quad(*fact, ox.NamedNode(ONTOLOGY)) for fact in variants.get(ONTOLOGY, ()))
    told = variants.get(f"{name}.concludes" if name else "concludes", ())
    assert sorted(infer(store, only(stem)), key=str) == sorted(told, key=str)
