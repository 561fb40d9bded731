"""The evidence of a row, joined by the engine: which claims count for the nodes that a question selects."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import tell_into

from orgline.answers import ask
from orgline.answers.answer import Row
from orgline.content import Content, read_query_files

PREFIXES = """PREFIX ol: <https://w3id.org/orgline/ns#>
PREFIX prov: <http://www.w3.org/ns/prov#>
"""
TURTLE = PREFIXES.replace("PREFIX", "@prefix").replace(">\n", "> .\n") + "@base <x:> .\n"
BASE = "x:"


def claims(*told: str) -> str:
    """Claims in Turtle: "name about source certainty", with a field or a rival behind, as "field=…" and "rival=…"."""
    found = []
    for one in told:
        name, about, source, certainty, *more = one.split()
        said = [f"<{name}> a ol:Claim ; ol:about <{about}> ; prov:wasDerivedFrom <{source}>"]
        said += [f"ol:certainty ol:{certainty}", f'ol:locator "L-{name}"']
        named = dict(part.split("=") for part in more)
        said += [f"ol:field <{named['field']}>"] if "field" in named else []
        said += [f"ol:rivalOf <{named['rival']}>"] if "rival" in named else []
        found.append(" ; ".join(said) + " .")
    return "\n".join(found)


def rows(folder: Path, evidence: str, facts: str, pattern: str = "?tenure <x:post> ?post") -> list[Row]:
    """The rows of a question that selects a post and the nodes named in `evidence`."""
    for name in ("ontology", "data", "viz"):
        (folder / name).mkdir(exist_ok=True)
    nodes = [name for name in ("tenure", "side", "line") if f"?{name}" in pattern]
    header = "#+ summary: {vi: Ai?, en: Who?}\n#+ columns: {post: {vi: Chức vụ, en: Post}}\n"
    text = f"SELECT ?post {' '.join(f'?{name}' for name in nodes)} WHERE {{ {pattern} }}"
    prefixes = PREFIXES + "PREFIX x: <x:>\n"
    path = tell_into(folder, "queries/posts/who.rq", f"{header}#+ evidence: {evidence}\n{prefixes}{text}")
    store = ox.Store()
    store.load((TURTLE + facts).encode(), ox.RdfFormat.TURTLE)
    return list(ask(store, read_query_files([path], Content(folder))[0]).rows)


def told(found: list[Row]) -> list[tuple[str, list[str]]]:
    """The answer of each row, and the claims it rests on."""
    return [(row.answer, sorted(one.node.value.removeprefix(BASE) for one in row.evidence)) for row in found]


TENURE = "<tenure> <post> <chair> .\n"


def test_a_fact_is_one_row_with_all_its_claims(tmp_path: Path) -> None:
    """Two reports of one thing are one row, as sure as the surer of them."""
    facts = TENURE + claims("a tenure gazette Inferred", "b tenure bulletin Stated")
    assert told(rows(tmp_path, "[tenure]", facts)) == [("stated", ["a", "b"])]


def test_claims_on_fields_count_only_without_one_on_the_whole(tmp_path: Path) -> None:
    """A claim on a field bears on that field, unless nothing else is said of the node."""
    on_a_field = "b tenure gazette Inferred field=start"
    assert told(rows(tmp_path, "[tenure]", TENURE + claims("a tenure gazette Stated", on_a_field))) == [
        ("stated", ["a"])
    ]
    assert told(rows(tmp_path, "[tenure]", TENURE + claims(on_a_field))) == [("inferred", ["b"])]


def test_what_no_source_says_is_no_row(tmp_path: Path) -> None:
    """A node without a claim is no answer; one that carries its own source is, as in a register."""
    assert rows(tmp_path, "[tenure]", TENURE) == []
    own = '<tenure> prov:wasDerivedFrom <register> ; ol:certainty ol:Stated ; ol:locator "row 3" .'
    assert told(rows(tmp_path, "[tenure]", TENURE + own)) == [("stated", ["tenure"])]


@pytest.mark.parametrize(
    ("evidence", "answer", "found"),
    [
        ("[tenure x:start]", "inferred", ["on-start"]),
        ("[tenure x:end]", "stated", ["whole"]),
        ("[tenure x:start|x:name]", "stated", ["on-name", "on-start"]),
        ("[tenure x:start x:name]", "inferred", ["on-name", "on-start"]),
        ("[tenure, tenure x:start]", "inferred", ["on-start", "whole"]),
        ("[tenure itself]", "inferred", ["tenure"]),
    ],
)
def test_a_field_rests_on_its_own_claims_else_on_the_whole(
    evidence: str, answer: str, found: list[str], tmp_path: Path
) -> None:
    """What a source claims of a field comes before what it claims of the whole."""
    facts = TENURE + "<tenure> ol:certainty ol:Inferred .\n"
    facts += claims(
        "whole tenure gazette Stated",
        "on-start tenure gazette Inferred field=start",
        "on-name tenure gazette Stated field=name",
    )
    assert told(rows(tmp_path, evidence, facts)) == [(answer, found)]


def test_a_field_may_be_in_a_variable(tmp_path: Path) -> None:
    """Which field it is may differ from row to row."""
    facts = TENURE + claims("whole tenure gazette Stated", "on-start tenure gazette Inferred field=start")
    found = {
        side: told(rows(tmp_path, "[tenure ?side]", facts, f"?tenure <x:post> ?post BIND (<x:{side}> AS ?side)"))
        for side in ("start", "end")
    }
    assert found == {"start": [("inferred", ["on-start"])], "end": [("stated", ["whole"])]}


TWO = "<tenure> <post> <chair> ; <under> <line> .\n"
OF_TWO = "?tenure <x:post> ?post ; <x:under> ?line"


@pytest.mark.parametrize(
    ("of_the_line", "answer"),
    [
        (["c line gazette Stated", "d line bulletin Inferred"], "stated"),
        (["c line gazette Inferred", "d line bulletin Stated"], "inferred"),
        (["d line bulletin Stated"], "stated"),
        (["d line bulletin Inferred"], "inferred"),
    ],
)
def test_each_source_is_followed_through(of_the_line: list[str], answer: str, tmp_path: Path) -> None:
    """A row of two nodes is as sure as a source that says both, or others where it is silent; all claims are shown."""
    facts = TWO + claims("a tenure gazette Stated", "b tenure bulletin Inferred", *of_the_line)
    shown = sorted(["a", "b", *(one.split()[0] for one in of_the_line)])
    assert told(rows(tmp_path, "[tenure, line]", facts, OF_TWO)) == [(answer, shown)]


def test_a_finding_on_any_claim_that_counts_contradicts(tmp_path: Path) -> None:
    """A row is contradicted if any claim that it rests on is."""
    facts = TWO + claims("a tenure gazette Stated", "c line gazette Stated", "d line bulletin Stated")
    for claim, answer in (("a", "contradicted"), ("c", "contradicted"), ("d", "stated")):
        finding = f"<finding> ol:check 'rival-claims' ; ol:about <{claim}> ."
        assert [one for one, _ in told(rows(tmp_path, "[tenure, line]", facts + finding, OF_TWO))] == [answer]


def test_a_wording_that_its_own_source_corrects_is_no_claim(tmp_path: Path) -> None:
    """What a source prints of a field against its own claim on the whole is a slip; another source's is a rival."""
    own = ["whole tenure gazette Stated", "slip tenure gazette Stated field=start rival=whole"]
    assert told(rows(tmp_path, "[tenure, tenure x:start]", TENURE + claims(*own))) == [("stated", ["whole"])]
    other = ["whole tenure gazette Stated", "rival tenure bulletin Stated field=start rival=whole"]
    assert told(rows(tmp_path, "[tenure, tenure x:start]", TENURE + claims(*other))) == [("stated", ["rival", "whole"])]


def test_a_date_is_as_sure_as_who_gives_it(tmp_path: Path) -> None:
    """What a source need not give is not made surer by another that says the whole, unless the claim lost to that."""
    both = ["whole tenure gazette Stated", "other tenure bulletin Stated", "date tenure gazette Inferred field=start"]
    only = "[tenure, tenure x:start only]"
    assert told(rows(tmp_path, "[tenure, tenure x:start]", TENURE + claims(*both)))[0][0] == "stated"
    assert told(rows(tmp_path, only, TENURE + claims(*both))) == [("inferred", ["date", "other", "whole"])]
    lost = TENURE + claims(*both) + "<date> ol:standing ol:Superseded .\n"
    assert told(rows(tmp_path, only, lost)) == [("stated", ["date", "other", "whole"])]
    assert told(rows(tmp_path, only, TENURE + claims(*both[:2]))) == [("stated", ["other", "whole"])]


def test_a_conclusion_rests_on_its_premises(tmp_path: Path) -> None:
    """What a rule concluded is never surer than the conclusion, and shows the claims on what it follows from."""
    facts = TENURE + '<tenure> ol:restsOn <line> , <tenure> ; ol:byRule "heads" ; ol:certainty ol:Inferred .\n'
    assert told(rows(tmp_path, "[tenure]", facts + claims("a line gazette Stated"))) == [("inferred", ["a", "tenure"])]
    contradicted = "<finding> ol:check 'rival-claims' ; ol:about <a> ."
    found = rows(tmp_path, "[tenure]", facts + claims("a line gazette Stated") + contradicted)
    assert [answer for answer, _ in told(found)] == ["contradicted"]
    assert rows(tmp_path, "[tenure]", facts) == []


def test_what_several_things_show_rests_on_any_of_them(tmp_path: Path) -> None:
    """A post rests on the tenures in it without a rule: the surest of them by a source counts, and all are shown."""
    facts = TENURE + "<tenure> ol:restsOn <line> , <other> .\n"
    shown = claims("a line gazette Inferred", "b other gazette Stated")
    assert told(rows(tmp_path, "[tenure]", facts + shown)) == [("stated", ["a", "b"])]
    own = claims("c tenure bulletin Inferred", "d tenure bulletin Stated field=start")
    assert told(rows(tmp_path, "[tenure]", facts + own)) == [("inferred", ["c"])]
    assert rows(tmp_path, "[tenure]", facts) == []


def test_a_claim_rests_on_itself(tmp_path: Path) -> None:
    """A question about claims selects them; each counts by itself."""
    facts = "<tenure> <post> <chair> .\n" + claims("a tenure gazette Inferred", "b tenure bulletin Stated")
    found = rows(tmp_path, "[tenure]", facts, "?tenure ol:about/<x:post> ?post . FILTER (?tenure = <x:a>)")
    assert told(found) == [("inferred", ["a"])]


def test_texts_in_several_languages_are_one_row(tmp_path: Path) -> None:
    """A text in two languages is one fact; two texts of one node in one language are two."""
    facts = '<t> <post> "Ghế"@vi , "Chair"@en . <u> <post> "Bàn"@vi , "Cửa"@vi .\n'
    found = rows(tmp_path, "[tenure]", facts + claims("a t gazette Stated", "b u gazette Stated"))
    assert sorted((row.texts["post"] for row in found), key=str) == [
        {"en": "Chair", "vi": "Ghế"}, {"vi": "Bàn"}, {"vi": "Cửa"},
    ]  # fmt: skip
