"""Of a person only what is on the list comes in: through no column, no statement, no words of a note."""

import time
from pathlib import Path

import pytest
from conftest import exchange, invent, tell_into

from orgline.build.pipeline import check_content
from orgline.content.csv_reader import read_frame
from orgline.content.csvw import read_table_kinds
from orgline.content.tree import Content
from orgline.graph.allowlist import allowlist_problems
from orgline.graph.loading import load
from orgline.text.errors import ContentError

PRIVATE_COLUMNS = (
    "birth_date", "ngày sinh", "born", "home", "nơi ở", "quê quán", "address", "identity_number", "CCCD",
    "số định danh",
    "telephone", "điện thoại", "e-mail", "email", "thư điện tử", "family", "vợ chồng", "con", "health", "sức khỏe",
    "religion", "tôn giáo", "ethnicity", "dân tộc", "photo", "ảnh", "gender", "note",
)  # fmt: skip
PRIVATE_PROPERTIES = (
    "https://schema.org/birthDate", "https://schema.org/homeLocation", "https://schema.org/address",
    "https://schema.org/identifier", "https://schema.org/telephone", "https://schema.org/email",
    "https://schema.org/spouse", "https://schema.org/healthCondition", "https://schema.org/image",
    "http://xmlns.com/foaf/0.1/birthday", "http://xmlns.com/foaf/0.1/mbox", "http://xmlns.com/foaf/0.1/phone",
    "http://xmlns.com/foaf/0.1/depiction", "http://www.w3.org/2006/vcard/ns#bday",
    "http://dbpedia.org/ontology/religion", "http://dbpedia.org/ontology/ethnicity",
)  # fmt: skip
PRIVATE_TEXTS = {
    "e-mail": ["a@b.vn", "thư: van.a+1@lao-cai.gov.vn.", "Nguyen <x_y@mail.example.org>"],
    "telephone": [
        "0912345678", "ĐT: 0912 345 678.", "(+84) 912.345.678", "+84912345678", "gọi 024 3825 1234 nhé",
        "0084 98 7654321",
        "(024) 3825 1234", "+33 6 12 34 56 78", "tel 028-3829-5678, giờ hành chính",
    ],
    "digits": ["012345678", "CCCD 001085012345.", "số 123456789, cấp", "001 085 012 345", "(098765432101)"],
}  # fmt: skip
PUBLIC_TEXTS = (
    "1.046 đảng viên", "500.000.000 đồng", "17/2023/NQ-HĐND", "24-ĐA/TU ngày 14/9/2023", "2021-2025", "78.14%",
    "https://example.org/tin-123456789.html", "https://example.org/a@b.vn", "20230914", "0.123456789", "12,345,678,901",
    "1 000 000 000", "năm 2023 2024 2025", "L12 L345", "3,14159265358", "QĐ 1234567890123", "điểm 0, 9 và 12",
)  # fmt: skip


@pytest.fixture(scope="module")
def kinds(content: Content):
    return read_table_kinds(content)


@pytest.mark.parametrize("table", ["persons", "tenures", "participations", "claims"])
@pytest.mark.parametrize("column", PRIVATE_COLUMNS)
def test_a_private_column_is_refused(column: str, table: str, kinds, tmp_path: Path) -> None:
    """A column that no table has is refused with a sentence that names it and the columns there are."""
    header = ",".join([*(one.name for one in kinds[table].cells if one.required), column])
    path = tell_into(tmp_path, f"{table}.csv", header + "\n" + "x," * header.count(",") + "x\n")
    _, problems = read_frame(path, path.name, kinds[table])
    assert [problem.what for problem in problems] == [f'has an unknown column "{column}"']
    assert problems[0].todo


def told(tree: Path) -> list[str]:
    with pytest.raises(ContentError) as caught:
        check_content(Content.find(tree))
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture(scope="module")
def private_lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is said of an invented province in which private statements stand in Turtle and in a table of claims."""
    tree = invent(tmp_path_factory.mktemp("turtle") / "tree")
    nodes = ("person/tran-vi-du", "tenure/tran-vi-du-organization-board-head", "file/of-tran-vi-du")
    said = [f'<{node}> <{name}> "x" .' for node in nodes for name in PRIVATE_PROPERTIES]
    tell_into(tree, "data/gazette/source-more.ttl", "\n".join(said))
    claim = "tenure/tran-vi-du-organization-board-head,born,schema:birthDate,L6,1970,,,,,"
    exchange(tree, "data/gazette/claims.csv", "\n", f"\n{claim}\n")
    return told(tree)


@pytest.mark.parametrize("name", PRIVATE_PROPERTIES)
def test_a_private_property_in_turtle_is_refused(name: str, private_lines: list[str]) -> None:
    """A property that the ontology does not describe is refused, of whatever node it is said."""
    said = [line for line in private_lines if line.startswith("data/gazette/source-more.ttl: uses")]
    short = name.replace("https://schema.org/", "schema:").replace("http://xmlns.com/foaf/0.1/", "foaf:")
    found = [line for line in said if f" {short}, which nothing in ontology/ describes." in line]
    assert len(found) == 1, said
    assert found[0].endswith("Leave it out; of a person only what the ontology has a word for is kept.")


def test_a_private_property_is_refused_of_a_person_by_its_shape_too(private_lines: list[str]) -> None:
    """The shape of persons, a closed one, refuses the same statements with its own sentence."""
    said = [line for line in private_lines if line.startswith("data/shared/persons.csv row 3, person/tran-vi-du")]
    assert said
    assert all("such as birth date, home, identity number" in line for line in said)


@pytest.mark.parametrize("text", [text for texts in PRIVATE_TEXTS.values() for text in texts])
def test_a_private_text_is_refused(text: str, content: Content, hospital: Content, tmp_path: Path) -> None:
    """An e-mail address, a telephone or an identity number is found in words, in a table as in Turtle."""
    said = refused_texts(text, content, tmp_path)
    assert {place for place, _ in said} == {
        "data/roster/shifts.csv row 2, column note",
        "data/roster/source.ttl, source/roster",
    }
    for _, sentence in said:
        assert "leave it out" in sentence.lower()
        assert text not in sentence


@pytest.mark.parametrize("text", PUBLIC_TEXTS)
def test_a_public_number_is_let_in(text: str, content: Content, tmp_path: Path) -> None:
    """Counts, numbers of directives, dates, shares and addresses are not taken for a person's numbers."""
    assert refused_texts(text, content, tmp_path) == []


def refused_texts(text: str, content: Content, folder: Path) -> list[tuple[str, str]]:
    """Return the places and sentences about `text` as a note of a table and as a literal of a source."""
    from conftest import HOSPITAL

    for path in [*HOSPITAL.glob("ontology/**/*"), *HOSPITAL.glob("viz/**/*")]:
        if path.is_file():
            tell_into(folder, str(path.relative_to(HOSPITAL)), path.read_text(encoding="utf-8"))
    for name in ("data/shared/nurses.csv", "data/shared/wards.csv"):
        tell_into(folder, name, (HOSPITAL / name).read_text(encoding="utf-8"))
    tell_into(folder, "ontology/shapes/person.ttl", (content.root / "ontology/shapes/person.ttl").read_text("utf-8"))
    tell_into(folder, "data/roster/shifts.csv", f'shift,nurse,ward,note,locator\ns,anna-le,medicine,"{text}",L1\n')
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    tell_into(folder, "data/roster/source.ttl", f'<source/roster> {label} "Roster"@en , "{text}"@vi .\n')
    tree = Content(folder)
    loaded = load(tree)
    return [(one.place, str(one)) for one in allowlist_problems(tree, loaded.store, loaded.tables)]


def test_a_claim_on_a_private_field_is_refused(private_lines: list[str]) -> None:
    """A claim on a property that the ontology does not describe is refused, of whatever thing it is."""
    said = [line for line in private_lines if line.startswith("data/gazette/claims.csv row 2, column field")]
    assert len(said) == 1
    assert "uses schema:birthDate, which nothing in ontology/ describes." in said[0]


@pytest.mark.slow
def test_private_texts_are_refused_by_a_build(tmp_path: Path, run_cli) -> None:
    """A build with a telephone number in a reason ends with its place and sentence, and makes nothing."""
    tree = invent(tmp_path / "tree")
    exchange(tree, "data/gazette/tenures.csv", "Bản gốc cụ thể hơn bản dịch.", "Gọi 0912 345 678 để hỏi.")
    ran = run_cli("build", "--content", tree, "--out", tmp_path / "build")
    said = [line for line in ran.lines if not line.startswith("  ")]
    wanted = (
        "data/gazette/tenures.csv row 4, column reason_vi: Holds a telephone number. "
        "Leave it out, only what was done in office is kept here."
    )
    assert said == [wanted]
    assert (ran.code, (tmp_path / "build").exists()) == (1, False)


def test_hostile_text_takes_time_in_proportion(content: Content, tmp_path: Path) -> None:
    """A note made to keep a pattern busy takes seconds of the processor, not the hours of a pattern that goes back."""
    began = time.process_time()
    for text in ("a." * 50_000 + "@", "@a-" * 30_000, "+84 " + "9 " * 50_000 + "x", "0" * 100_000, "(" * 100_000):
        refused_texts(text, content, tmp_path)
    assert time.process_time() - began < 60
