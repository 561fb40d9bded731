"""Asking by a former name finds what is there today, and says through which change."""

import csv
import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import HOSPITAL, ROOT, tell_into
from hypothesis import given
from hypothesis import strategies as st

from orgline.answers.answer import as_csv, as_json
from orgline.answers.asking import ask, find_question, resolve_parameters
from orgline.cli.terminal import show_answer
from orgline.content import Parameter
from orgline.content.tree import Content
from orgline.graph.former_names.former_units import FormerUnit
from orgline.graph.former_names.matching import FormerNames
from orgline.graph.former_names.resolve import ChosenValues, RenamedUnit, SucceededBody, resolve_former_name
from orgline.graph.lookup import find
from orgline.graph.speaker import Speaker
from orgline.graph.store import RDF_TYPE, label, local_name
from orgline.text.errors import CannotRun, ContentError, NameNotFound
from orgline.text.normalize import folded

TABLE = ROOT / "data" / "gazetteer" / "former-names.csv"
BODY, PLACE = "http://www.w3.org/ns/org#Organization", "https://schema.org/Place"
PERSON, POST = "http://xmlns.com/foaf/0.1/Person", "http://www.w3.org/ns/org#Post"
WARD = "https://example.org/hospital/ns#Ward"
ID = "https://w3id.org/orgline/id/"
HEADER = "former,kind,within,today,today_within,change,date,by,source\n"
REAL = Content.find(ROOT)
BOOK = FormerNames(REAL)


def meant(store: ox.Store, typed: str, *classes: str, lang: str = "vi", content: Content = REAL):
    """Return the name of what is found by a former name, and the sentence on the change."""
    speaker = Speaker(store, lang, content.words)
    found = resolve_former_name(speaker, content, "--it", classes, typed)
    return found and (local_name(found[0]), found[1].sentence(speaker))


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The table


def test_every_row_says_what_when_and_by_whom() -> None:
    """Each former unit is something today, within something unless it lay in nothing, since a day, by a resolution."""
    assert len(BOOK.units) == len(rows()) == 63 + 696 + 10035
    for one in BOOK.units:
        assert all(one.today), one
        assert bool(one.within) == bool(one.today_within), one
        assert (one.date, one.source) == ("2025-07-01", "vietnamadminunits 1.0.4"), one
        assert one.by.endswith(("/QH15", "/NQ-UBTVQH15")), one


def test_all_of_before_is_all_of_today() -> None:
    """63 provinces are 34, and what lay in them is the 3,321 communes of today, each in a province of today."""
    top = {name for one in BOOK.units if not one.within for name in one.today}
    low = {(name, one.today_within) for one in BOOK.units if one.within for name in one.today}
    assert (len(top), len(low)) == (34, 3321)
    assert {within for _, within in low} == top


def test_no_name_stands_twice() -> None:
    """A name, its kind and where it lay are one row."""
    keys = [(one.former, one.kind, one.within) for one in BOOK.units]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("former", "today"),
    [
        ("Yên Bái", "Tỉnh Lào Cai"),
        ("Lào Cai", "Tỉnh Lào Cai"),
        ("Bình Thuận", "Tỉnh Lâm Đồng"),
        ("Đắk Nông", "Tỉnh Lâm Đồng"),
        ("Hà Giang", "Tỉnh Tuyên Quang"),
        ("Kiên Giang", "Tỉnh An Giang"),
        ("Hải Dương", "Thành phố Hải Phòng"),
        ("Bà Rịa - Vũng Tàu", "Thành phố Hồ Chí Minh"),
        ("Hà Nội", "Thành phố Hà Nội"),
        ("Nghệ An", "Tỉnh Nghệ An"),
    ],
)
def test_well_known_mergers_are_there(former: str, today: str) -> None:
    """What everybody knows of the merger of 2025 is what the table says."""
    (one,) = [one for one in BOOK.units if one.former == former and not one.within]
    assert one.today == (today,)


def test_a_change_is_what_its_row_shows() -> None:
    """Divided is into several, merged with others, kept and renamed alone; a district is abolished."""
    went: dict[tuple[str, str], int] = {}
    lowest = [one for one in BOOK.units if len(one.enclosing_units) != 1]
    for one in lowest:
        for name in one.today:
            went[name, one.today_within] = went.get((name, one.today_within), 0) + 1
    for one in lowest:
        together = went[one.today[0], one.today_within]
        same = one.today[0] in BOOK.full_names(one.former, one.kind)
        told = "divided" if len(one.today) > 1 else "merged" if together > 1 else "kept" if same else "renamed"
        assert one.change == told, one
    assert {one.change for one in BOOK.units if len(one.enclosing_units) == 1} == {"abolished"}


def test_each_kind_and_change_has_words() -> None:
    """Each code in the table has its words in both languages."""
    for words in REAL.words.values():
        assert {f"unit_{one.kind}" for one in BOOK.units} <= set(words)
        assert {f"through_{one.change}" for one in BOOK.units} <= set(words)


def test_no_former_name_is_in_the_graph(graph: ox.Store) -> None:
    """The table is looked up; not one of its rows becomes a triple."""
    assert TABLE not in REAL.tables
    assert TABLE not in REAL.unused_files
    assert not any("vietnamadminunits" in quad.object.value for quad in graph if isinstance(quad.object, ox.Literal))


# What is found


@pytest.mark.parametrize(
    ("typed", "kind", "name"),
    [
        ("Tỉnh ủy Yên Bái", BODY, "lao-cai-provincial-party-committee"),
        ("tinh uy yen bai", BODY, "lao-cai-provincial-party-committee"),
        ("Yen Bai Provincial Party Committee", BODY, "lao-cai-provincial-party-committee"),
        ("yen bai", PLACE, "lao-cai"),
        ("Tỉnh Yên Bái", PLACE, "lao-cai"),
        ("huyện Mường Khương", PLACE, "muong-khuong"),
        ("Muong Khuong district", PLACE, "muong-khuong"),
        ("Huyện ủy Mường Khương", BODY, "p2-muong-khuong-party-committee"),
        ("TP Lào Cai", PLACE, "lao-cai-city"),
        ("thị xã sa pa", PLACE, "sa-pa"),
    ],
)
def test_a_former_name_finds_what_is_there_today(graph: ox.Store, typed: str, kind: str, name: str) -> None:
    """A body or place is found by a name of before the merger, with or without accents, in either language."""
    assert find(graph, typed, [kind]) == []
    assert meant(graph, typed, kind)[0] == name


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "vi",
            (
                "Tỉnh Yên Bái: nhập với Tỉnh Lào Cai thành Tỉnh Lào Cai từ 1/7/2025 "
                "(Nghị quyết 202/2025/QH15; nguồn: vietnamadminunits 1.0.4)."
            ),
        ),
        (
            "en",
            (
                "Yên Bái province: merged with Lào Cai province into Tỉnh Lào Cai on 2025-07-01 "
                "(Resolution 202/2025/QH15; source: vietnamadminunits 1.0.4)."
            ),
        ),
    ],
)
def test_the_change_is_said(graph: ox.Store, lang: str, said: str) -> None:
    """The sentence says what merged with what into what, when, by which resolution and who says so."""
    assert meant(graph, "yen bai", PLACE, lang=lang) == ("lao-cai", said)


def test_an_abolished_level_is_said(graph: ox.Store) -> None:
    """Of a district it is said that its level is gone, and in which communes it lies."""
    _, said = meant(graph, "thị xã Sa Pa", PLACE)
    assert said.startswith(
        "Thị xã Sa Pa, Tỉnh Lào Cai: không còn cấp này từ 1/7/2025, địa bàn nay thuộc Phường Sa Pa, "
    )


@pytest.mark.parametrize("typed", ["phường Lào Cai", "tỉnh Lào Cai", "xã Mường Khương", "Phường Yên Bái", "Sa Pa"])
def test_a_living_name_is_no_former_one(typed: str) -> None:
    """A name with its kind that a unit of today bears is not taken for a former one; nor is one found in the graph."""
    assert typed == "Sa Pa" or BOOK.matches_in(typed) == []


@pytest.mark.parametrize("typed", ["Nguyễn Văn Bình", "nghị quyết 7", "Đề án 24", "", "Lâm Đông", "…"])
def test_other_words_are_no_former_name(graph: ox.Store, typed: str) -> None:
    """Who asks for a person, a directive or nothing hears nothing of former names, though one may be a commune's."""
    assert meant(graph, typed, PERSON) is None
    assert meant(graph, typed, BODY) is None


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("Thành ủy Yên Bái", BODY),
        ("Thành phố Yên Bái", PLACE),
        ("Thị trấn Mường Khương", PLACE),
        ("Đảng ủy thị trấn Mường Khương", BODY),
        ("Sở Nội vụ Yên Bái", BODY),
        ("Bí thư Tỉnh ủy Bình Thuận", POST),
    ],
)
def test_what_the_graph_has_not_is_said(graph: ox.Store, typed: str, kind: str) -> None:
    """A city's committee is not answered with another city's, a township not with its district: the change is told."""
    with pytest.raises(CannotRun) as error:
        meant(graph, typed, kind)
    text = str(error.value)
    assert text.startswith(f'--it: không có gì mang tên "{typed}"; đó là tên trước đây. ')
    assert "từ 1/7/2025" in text
    assert "Đồ thị không có gì về nơi này" in text


def test_several_things_are_listed_with_the_change(graph: ox.Store) -> None:
    """Where today's name fits several bodies none is answered: they are listed, under the change."""
    with pytest.raises(CannotRun) as error:
        meant(graph, "yen bai", BODY, lang="en")
    first, *listed = str(error.value).splitlines()
    assert first.startswith('--it: "yen bai" is a former name. Yên Bái province: merged with Lào Cai province')
    assert first.endswith("Today's name matches 7 things. Give one of these:")
    assert "  lao-cai-provincial-party-committee  (Lao Cai Provincial Party Committee)" in listed


def test_several_former_units_are_listed(graph: ox.Store) -> None:
    """Five communes were called Bình Thuận: who asks by that name is told of all, and of one with its district."""
    with pytest.raises(CannotRun) as error:
        meant(graph, "xã Bình Thuận", PLACE)
    first, *listed = str(error.value).splitlines()
    assert first == '--it: "xã Bình Thuận" là tên trước đây của 5 nơi. Ghi thêm nơi đó thuộc đâu:'
    assert len(listed) == 5
    (hit,) = BOOK.matches_in("xã Bình Thuận, huyện Văn Chấn")
    assert hit.former.within == "Huyện Văn Chấn, Tỉnh Yên Bái"
    assert (hit.before, hit.after) == ("", "")


@given(st.sampled_from(BOOK.units))
def test_accents_may_be_left_out(one: FormerUnit) -> None:
    """A former unit that is found by its name is found by it without accents, in capitals too."""
    typed = f"{REAL.words['vi'][f'unit_{one.kind}'].split('|')[0].format(one.former)}, {one.within}"
    found = [hit.former for hit in BOOK.matches_in(typed)]
    for other in (folded(typed), typed.upper()):
        assert set(found) <= {hit.former for hit in BOOK.matches_in(other)}
    assert not one.within or one in found


def test_a_name_of_the_graph_is_never_taken_for_a_former_one(graph: ox.Store) -> None:
    """Whatever a body or place of the graph is called, asking by that finds it, through no former name."""
    for kind in (BODY, PLACE):
        for quad in graph.quads_for_pattern(None, RDF_TYPE, ox.NamedNode(kind)):
            values = ChosenValues(Speaker(graph, "vi", REAL.words), REAL)
            try:
                values.choose(Parameter("it", kind, {}), [kind], label(graph, quad.subject, "vi"))
            except NameNotFound:
                pytest.fail(f"{quad.subject} is not found")
            except CannotRun:
                continue
            assert values.through == []


# What is answered


def answered(store: ox.Store, name: str, lang: str = "vi", **typed: str):
    question = find_question(REAL, name)
    return ask(store, question, resolve_parameters(store, question, REAL, typed, lang))


def test_the_answer_shows_the_change(graph: ox.Store, capsys: pytest.CaptureFixture[str]) -> None:
    """The change stands under the heading of the table and in the JSON; the CSV stays a table."""
    answer = answered(graph, "bodies-of-a-place", place="yen bai")
    speaker = Speaker(graph, "vi", REAL.words)
    (change,) = answer.through
    assert isinstance(change, RenamedUnit)
    show_answer(answer, speaker, "table")
    assert capsys.readouterr().out.splitlines()[1] == change.sentence(speaker)
    (told,) = json.loads(as_json(answer, speaker))["through"]
    assert (told["former"], told["today"], told["change"]) == ("Yên Bái", ["Tỉnh Lào Cai"], "merged")
    assert told["sentence"] == change.sentence(speaker)
    assert len({len(row) for row in csv.reader(as_csv(answer, speaker).splitlines())}) == 1


def test_a_body_that_has_a_successor_says_so(graph: ox.Store) -> None:
    """Who asks about a body that a change ended is answered about it, and told what it is now and who says so."""
    answer = answered(graph, "events-of-a-person-or-body", participant="lao-cai-bloc-party-committee")
    (change,) = answer.through
    assert isinstance(change, SucceededBody)
    assert change.sentence(Speaker(graph, "vi", REAL.words)) == (
        "Đảng ủy Khối các cơ quan và doanh nghiệp tỉnh Lào Cai: nay là Đảng ủy các cơ quan Đảng tỉnh Lào Cai, "
        "không muộn hơn 14/5/2025 (nguồn: Bài 001 (tiếng Anh) L5)."
    )
    assert change.fields(Speaker(graph, "en", REAL.words))["today_iri"] == [
        f"{ID}body/lao-cai-party-agencies-committee"
    ]
    assert answered(graph, "events-of-a-person-or-body", participant="lao-cai-party-agencies-committee").through == ()


# A hospital, whose wards had other names


@pytest.fixture
def wards(tree: Path) -> Path:
    """The hospital with a table of former ward names."""
    spec = json.loads((ROOT / "ontology/tables/former-names.json").read_text(encoding="utf-8"))
    spec["ol:names"] = ["hos:Ward"]
    tell_into(tree, "ontology/tables/former-names.json", json.dumps(spec))
    for lang, unit in (("vi", "Khoa {0}"), ("en", "{0} ward")):
        path = tree / f"viz/words/{lang}.po"
        said = f'\nmsgctxt "unit_ward"\nmsgid "{unit}"\nmsgstr "{unit}"\n'
        path.write_text(path.read_text(encoding="utf-8") + said, encoding="utf-8")
    table = (
        "Hộ sinh,ward,,Khoa Sản,,renamed,2020-01-01,,order 5\n"
        "Bỏng,ward,,Khoa Chỉnh hình,,merged,2020-01-01,,order 5\n"
        "Tim mạch,ward,,Khối Nội|Khoa Hồi sức tích cực,,divided,2020-01-01,12/QĐ,order 5\n"
        "Ngoại,ward,Cơ sở Đông,Khoa Sản,Cơ sở Đông,merged,2020-01-01,,order 5\n"
        "Ngoại,ward,Cơ sở Tây,Khối Nội,Cơ sở Tây,merged,2020-01-01,,order 5\n"
    )
    tell_into(tree, "data/gazetteer/former-names.csv", HEADER + table)
    return tree


def test_another_world_has_former_names(wards: Path, hospital_graph: ox.Store) -> None:
    """A table, its description and words are all it takes: a ward is found by its former name."""
    content = Content.find(wards)
    assert content.unused_files == []
    assert meant(hospital_graph, "khoa ho sinh", WARD, content=content) == (
        "maternity",
        "Khoa Hộ sinh: nay là Khoa Sản từ 1/1/2020 (nguồn: order 5).",
    )
    assert meant(hospital_graph, "ho sinh ward", WARD, content=content)[0] == "maternity"
    assert meant(hospital_graph, "hố sinh", WARD, content=content) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Tim mạch", "Theo tên nay có 2 mục, hãy chọn một:"),
        ("Bỏng", "Đồ thị không có gì về nơi này theo tên nay"),
        ("khoa Ngoại", "là tên trước đây của 2 nơi"),
    ],
)
def test_its_choices_are_said(wards: Path, hospital_graph: ox.Store, typed: str, said: str) -> None:
    """A divided ward lists its heirs, a lost one is said to be, a name borne twice asks which."""
    with pytest.raises(CannotRun, match=said):
        meant(hospital_graph, typed, WARD, content=Content.find(wards))


def test_a_world_without_former_names_hears_of_none(hospital: Content, hospital_graph: ox.Store) -> None:
    """Where there is no such table a name that nothing bears is what it was before: a sentence, a near miss."""
    assert not (HOSPITAL / "data/gazetteer").exists()
    values = ChosenValues(Speaker(hospital_graph, "vi", hospital.words), hospital)
    with pytest.raises(NameNotFound, match='Did you mean "Khoa Sản"'):
        values.choose(Parameter("ward", WARD, {}), [WARD], "maternitty")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Bỏng,ward,,,,merged,2020-01-01,,x\n", "former-names.csv row 2, column today: is empty"),
        ("Bỏng,ward,,Khoa Sản,,eaten,2020-01-01,,x\n", 'column change: "eaten" is not one of merged'),
        ("Bỏng,ward,,Khoa Sản,,merged,soon,,x\n", 'column date: "soon" is not a day'),
        ("Bỏng,ward,B,A,,merged,2020-01-01,,x\n" * 2, "again"),
    ],
)
def test_mistakes_of_a_table_are_told(wards: Path, rows: str, said: str) -> None:
    """What is wrong in a table of former names is said with its row and column."""
    tell_into(wards, "data/gazetteer/former-names.csv", HEADER + rows)
    with pytest.raises(ContentError, match=said):
        FormerNames(Content.find(wards))


def test_a_table_needs_its_description(wards: Path) -> None:
    """A table of former names without its description is refused with the place to write one."""
    (wards / "ontology/tables/former-names.json").unlink()
    with pytest.raises(ContentError, match=r"Describe it in ontology/tables/former-names\.json"):
        FormerNames(Content.find(wards))


def test_the_hospital_builds_with_it(wards: Path, tmp_path: Path, run_cli) -> None:
    """A content tree with former names builds, and its questions are asked by them."""
    out = tmp_path / "out"
    assert run_cli("build", "--content", wards, "--out", out).code == 0
    assert "ho sinh" not in folded((out / "graph.nq").read_text(encoding="utf-8"))
    typed = ("--nurse", "anna le", "--ward", "hộ sinh", "--lang", "en")
    ran = run_cli("ask", "shifts-of-a-nurse", *typed, "--content", wards, "--out", out)
    assert "Hộ sinh ward: now Khoa Sản, since 2020-01-01 (source: order 5)." in ran.out
