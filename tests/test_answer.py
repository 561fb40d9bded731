"""The answer of a whole: its statements, each as sure as the surest claim that makes it."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import tell_into

from orgline.answers.answer import Answer
from orgline.answers.asking import ask
from orgline.content import read_query_files
from orgline.content.tree import Content
from orgline.graph.evidence import CONTRADICTED, INFERRED, NOT_STATED, STATED

QUESTION = """#+ summary: {vi: Ai giữ chức vụ nào?, en: Who holds which post?}
#+ columns: {post: {vi: Chức vụ, en: Post}}
#+ evidence: [claim]
PREFIX ol: <https://w3id.org/orgline/ns#>
SELECT ?post ?claim WHERE { ?tenure ol:inPost ?post . ?claim ol:about ?tenure }
"""
FACTS = """@prefix ol: <https://w3id.org/orgline/ns#> . @prefix prov: <http://www.w3.org/ns/prov#> . @base <x:> .
<tenure> ol:inPost <secretary> . <gazette> a ol:Source . <bulletin> a ol:Source .
<a> a ol:Claim ; ol:about <tenure> ; ol:certainty ol:Stated ; prov:wasDerivedFrom <gazette> .
<b> a ol:Claim ; ol:about <tenure> ; ol:certainty ol:Inferred ; prov:wasDerivedFrom <bulletin> .
"""


def answer(folder: Path, facts: str) -> Answer:
    """Ask the question of `facts`."""
    for name in ("ontology", "data", "viz"):
        (folder / name).mkdir()
    path = tell_into(folder, "queries/posts/who-holds-a-post.rq", QUESTION)
    store = ox.Store()
    store.load(facts.encode(), ox.RdfFormat.TURTLE)
    return ask(store, read_query_files([path], Content(folder))[0])


@pytest.mark.parametrize(
    ("more", "whole"),
    [
        ("", STATED),
        ("<other> ol:inPost <deputy> . <c> ol:about <other> ; ol:certainty ol:Inferred .", INFERRED),
        ("<other> ol:inPost <deputy> . <c> ol:about <other> ; ol:certainty ol:Stated .", STATED),
        ("<finding> ol:check 'rival-claims' ; ol:about <b> .", CONTRADICTED),
    ],
)
def test_claims_of_one_statement_count_once(more: str, whole: str, tmp_path: Path) -> None:
    """A statement that one source states and another leaves to be inferred is stated; the weakest statement counts."""
    assert answer(tmp_path, FACTS + more).answer == whole


def test_no_statement_is_not_stated(tmp_path: Path) -> None:
    """Where nothing is found the answer is that no source states it, and the sources looked at are named."""
    found = answer(tmp_path, FACTS.replace("ol:inPost", "ol:note"))
    assert found.answer == NOT_STATED
    assert {one.value for one in found.sources} == {"x:gazette", "x:bulletin"}
