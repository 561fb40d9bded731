"""A language is a file of content: a catalogue, its tag in viz/languages.toml, and texts in the data."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest
import rdflib
from conftest import exchange, invent, tell_into
from shape_cases import SH, SHAPES

from orgline.build.pipeline import run_build
from orgline.content import read_query_files
from orgline.content.csv_reader import read_frame
from orgline.content.csvw import read_table_kinds
from orgline.content.languages import read_languages
from orgline.content.tree import Content
from orgline.graph.loading import load
from orgline.graph.shacl import violations
from orgline.text.errors import ContentError

LABELS = {
    "bodies.csv": ("body", "Organ"),
    "persons.csv": ("person", "Person"),
    "posts.csv": ("post", "Amt"),
}  # fmt: skip
GERMAN = """@prefix code: <https://w3id.org/orgline/code/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

<https://w3id.org/orgline/code/role/secretary> skos:prefLabel "Sekretär"@de ; skos:definition "Leitet ein Komitee."@de .
"""


def speak_german(tree: Path) -> Path:
    """Add German to a content tree: a catalogue, a tag, a column of three tables and a Turtle file. Returns `tree`."""
    words = (tree / "viz/words/en.po").read_text(encoding="utf-8").replace("Language: en", "Language: de")
    for english, german in (("English", "Deutsch"), ("Contradicted", "Widersprüchlich")):
        assert f'msgstr "{english}"' in words
        words = words.replace(f'msgstr "{english}"', f'msgstr "{german}"')
    tell_into(tree, "viz/words/de.po", words)
    exchange(tree, "viz/languages.toml", 'order = ["vi", "en"]', 'order = ["vi", "en", "de"]')
    for name, (key, word) in LABELS.items():
        add_labels(tree / "data/shared" / name, key, word)
    tell_into(tree, "data/shared/german.ttl", GERMAN)
    return tree


def add_labels(path: Path, key: str, word: str) -> None:
    """Give each row of a table a label in German: `word` and its key."""
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*rows[0], "label_de"])
    writer.writeheader()
    writer.writerows({**row, "label_de": f"{word} {row[key]}"} for row in rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")


def answers_in_german(tree: Path, out: Path, run_cli) -> list[dict[str, str]]:
    """Build `tree`, ask in German who holds the role of that German name, and return the rows of the answer."""
    run_build(Content.find(tree), out)
    asked = ("ask", "holders-of-a-role-in-a-kind-of-body", "--role", "sekretär", "--lang", "de", "--format", "json")
    ran = run_cli(*asked, "--content", tree, "--out", out)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)["rows"]


@pytest.mark.slow
def test_the_invented_province_speaks_german(tmp_path: Path, run_cli) -> None:
    """A fourth language needs a catalogue, its tag and texts: no Python, no shape and no table description."""
    tree = speak_german(invent(tmp_path / "tree"))
    rows = answers_in_german(tree, tmp_path / "out", run_cli)
    assert {row["role"] for row in rows} == {"Sekretär"}
    found = {(row["who"], row["post"], row["place"]) for row in rows}
    assert ("Person le-gia-dinh", "Amt mt-bloc-secretary", "Tỉnh Mây Trắng") in found
    above = run_cli(
        "above", "Organ mt-bloc-party-committee", "--lang", "de", "--content", tree, "--out", tmp_path / "out"
    )
    assert above.code == 0, above.err
    assert "Organ mt-" in above.out
    assert "Deutsch" in (tmp_path / "out/index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_five_reports_speak_german(real_tree: Path, tmp_path: Path, run_cli) -> None:
    """The content that comes with orgline takes a fourth language in the same way."""
    rows = answers_in_german(speak_german(real_tree), tmp_path / "out", run_cli)
    assert {row["role"] for row in rows} == {"Sekretär"}
    assert "Amt p3-bloc-secretary" in {row["post"] for row in rows}
    assert all(row["who"].startswith("Person ") for row in rows)


def test_a_language_of_data_alone_has_no_pages(real_tree: Path) -> None:
    """A language in data_only has columns in tables, and none of the pages is in it."""
    exchange(real_tree, "viz/languages.toml", 'data_only = ["fr"]', 'data_only = ["fr", "pt-br"]')
    content = Content.find(real_tree)
    names = [column.name for column in read_table_kinds(content)["bodies"].cells]
    assert [name for name in names if name.startswith("label_")] == ["label_vi", "label_en", "label_fr", "label_pt-br"]
    assert list(content.words) == ["vi", "en"]
    add = "body,kind,label_vi,label_pt-br\nx,ministry,Bộ,Ministério\n"
    frame, problems = read_frame(tell_into(real_tree, "x.csv", add), "x.csv", read_table_kinds(content)["bodies"])
    assert problems == []
    assert frame["label_pt-br"].to_list() == ["Ministério"]


def test_columns_keep_their_names_and_titles(content: Content) -> None:
    """The columns of the languages of today have the names and titles that they had before they were one pattern."""
    columns = {column.name: column for column in read_table_kinds(content)["bodies"].cells}
    assert columns["label_vi"].titles == ("tên (tiếng Việt)", "name (Vietnamese)")
    assert columns["label_en"].titles == ("tên (tiếng Anh)", "name (English)")
    assert columns["label_fr"].titles == ("tên (tiếng Pháp)", "name (French)")
    assert [columns[f"label_{tag}"].lang for tag in ("vi", "en", "fr")] == ["vi", "en", "fr"]


def test_a_required_text_is_required_in_the_required_languages(content: Content) -> None:
    """A table that requires a text requires it in Vietnamese and English, and in no further language."""
    columns = {column.name: column for column in read_table_kinds(content)["matches"].cells}
    assert {name: columns[name].required for name in ("reason_vi", "reason_en", "reason_fr")} == {
        "reason_vi": True,
        "reason_en": True,
        "reason_fr": False,
    }


def test_a_column_of_an_unknown_language_is_told(content: Content, tmp_path: Path) -> None:
    """A column in a language that the content does not have is refused with the way to add that language."""
    path = tell_into(tmp_path, "persons.csv", "person,label_vi,label_de\nan,An,An\n")
    _, problems = read_frame(path, "persons.csv", read_table_kinds(content)["persons"])
    assert "\n".join(map(str, problems)) == (
        'persons.csv row 1: has the column "label_de", but "de" is no language of the content. '
        'Add viz/words/de.po, or name "de" in data_only of viz/languages.toml.'
    )


def test_a_label_in_an_unknown_language_is_told(real_tree: Path) -> None:
    """A label in Turtle in a language that the content does not have is refused by its shape."""
    label = "<https://w3id.org/orgline/id/person/ho-chi-minh> <http://www.w3.org/2000/01/rdf-schema#label>"
    tell_into(real_tree, "data/shared/german.ttl", f'{label} "Ho Chi Minh"@de .\n')
    content = Content.find(real_tree)
    graph = b"".join(b"%s .\n" % str(quad.triple).encode() for quad in load(content).store)
    told = violations(graph, content.shapes, content.languages.of_data)
    assert {(node.rpartition("/")[2], message.partition(":")[0]) for node, message, _ in told} == {
        ("ho-chi-minh", "A thing has a name, at most one in each language of viz/languages.toml")
    }


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"order": ["vi", "de"]},
            'the language "de" has no catalogue. Add viz/words/de.po, or move "de" to data_only if it has no pages.',
        ),
        ({"order": ["vi", "pt-BR"]}, '"pt-BR" in order is not a language tag. Write a tag such as de or pt-br.'),
        ({"order": "vi"}, 'order is not a list. Write it as order = ["vi", "en"].'),
        (
            {"required": ["fr"]},
            'the required language "fr" is none of the content. Name it in order or in data_only too.',
        ),
        ({"ordre": ["vi"]}, 'has an unknown key "ordre". The keys are order, data_only, required and names.'),
        (
            {"names": {"fr": "French"}},
            'names is not a table of tables of texts. Write such as [names.fr] with en = "French".',
        ),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, object], told: str) -> None:
    """A mistake in viz/languages.toml is one sentence."""
    assert [str(problem) for problem in read_languages(settings, ["vi", "en"]).problems] == [
        f"viz/languages.toml: {told}"
    ]


def test_a_build_tells_of_a_missing_catalogue(tree: Path, tmp_path: Path) -> None:
    """A build refuses a language of pages that has no catalogue."""
    exchange(tree, "viz/languages.toml", '["vi", "en"]', '["vi", "en", "de"]')
    with pytest.raises(ContentError, match=r'^viz/languages.toml: the language "de" has no catalogue\.'):
        run_build(Content.find(tree), tmp_path / "out")


def test_shapes_name_no_language() -> None:
    """In each shape the languages are the list of the content; by themselves the shapes allow any language tag."""
    shapes = rdflib.Graph()
    for path in SHAPES:
        shapes.parse(path)
    (allowed,) = set(shapes.objects(None, SH.languageIn))
    assert str(allowed) == "https://w3id.org/orgline/ns#languages"
    assert list(shapes.items(allowed)) == [rdflib.Literal("*")]


def test_table_descriptions_name_no_language(real_tree: Path) -> None:
    """No column is described for one language: another content may have others."""
    shutil.rmtree(real_tree / "viz/words")
    tell_into(real_tree, "viz/languages.toml", 'data_only = ["xx"]\n')
    for kind in read_table_kinds(Content.find(real_tree)).values():
        assert {column.lang for column in kind.columns} <= {None, "xx"}, kind.stem


def test_texts_that_a_query_makes_are_words_of_its_header(content: Content) -> None:
    """A text that a question or check gives out itself, by BIND or VALUES, has its words by language in the header."""
    made = 0
    for query in read_query_files([*content.questions, *content.checks], content):
        code = "\n".join(line for line in query.text.splitlines() if line[:1] != "#")
        bound = [part for part in re.findall(r"BIND \((.*) AS \?", code) if "REPLACE" not in part]
        values = re.findall(r"VALUES[^{]*\{([^}]*)\}", code)
        texts = {text for part in (*bound, *values) for text in re.findall(r'"([a-z][a-z ]*)"(?!\^)', part)}
        made += len(texts)
        assert texts <= set(query.words), query.name
    assert made > 10
