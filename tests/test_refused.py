"""Broken content is refused: exit 1, one sentence a line, all problems together, the last good build untouched."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import exchange, invent, tell_into

WARDS, NURSES = "data/shared/wards.csv", "data/shared/nurses.csv"
SHIFTS, AUTUMN = "data/spring-roster/shifts.csv", "data/autumn-roster/shifts.csv"
QUESTION = "queries/shifts/shifts-of-a-nurse.rq"
RULE = "ontology/rules/works-where-the-shift-is.rq"
SENTENCE = re.compile(r"[^:]+: \S.*[.?!] [A-Z].*[.?!]")
NURSE_COLUMNS = "nurse,label_vi,label_en,alt"
WARD_COLUMNS = "ward,label_vi,label_en,beds,part_of"

# name: how the tree is broken, and the lines that come of it.
BROKEN: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "unknown reference": (
        lambda tree: exchange(tree, SHIFTS, ",anna-le,", ",anna-lee,"),
        [
            (f'{SHIFTS} row 2, column nurse: nobody has described "nurse/anna-lee". Did you mean "nurse/anna-le"? '
            "Describe it in data/shared/, or correct the name.")
        ],
    ),
    "a ward that nobody defined": (
        lambda tree: exchange(tree, SHIFTS, ",maternity,", ",zoo,"),
        [
            (f'{SHIFTS} row 3, column ward: nobody has described "ward/zoo". '
            "Describe it in data/shared/, or correct the name.")
        ],
    ),
    "unknown code": (
        lambda tree: exchange(tree, SHIFTS, ",night,", ",evening,"),
        [f'{SHIFTS} row 2, column kind: "evening" is not one of day, night. Correct the cell.'],
    ),
    "missing required cell": (
        lambda tree: exchange(tree, WARDS, "Maternity", ""),
        [f"{WARDS} row 4, column label_en: is empty. It is required: fill it."],
    ),
    "no number": (
        lambda tree: exchange(tree, WARDS, ",18,", ",eighteen,"),
        [f'{WARDS} row 3, column beds: "eighteen" is not a whole number such as 24. Correct the cell.'],
    ),
    "thousands separator": (
        lambda tree: exchange(tree, SHIFTS, ",8.5,", ',"1,000.5",'),
        [
            (f'{SHIFTS} row 2, column hours: "1,000.5" is not a number such as 78.14 '
            "(no thousands separator, a point for decimals). Correct the cell.")
        ],
    ),
    "no day": (
        lambda tree: exchange(tree, SHIFTS, "2023-03-04", "4/3/2023"),
        [f'{SHIFTS} row 2, column on: "4/3/2023" is not a day such as 2022-06-16. Correct the cell.'],
    ),
    "impossible day": (
        lambda tree: exchange(tree, SHIFTS, "2023-03-04", "2023-02-30"),
        [f'{SHIFTS} row 2, column on: "2023-02-30" is not a day such as 2022-06-16. Correct the cell.'],
    ),
    "impossible date": (
        lambda tree: exchange(tree, SHIFTS, ",2023-01,", ",2023-02-30,"),
        [
            (f'{SHIFTS} row 2, column since: "2023-02-30" is not a date that exists, written as in EDTF '
            "(2023-09-14, 2023-09, 2023~, [2022..2024], 2022/2025). Correct the cell.")
        ],
    ),
    "month zero": (
        lambda tree: exchange(tree, SHIFTS, ",2023-01,", ",2023-00,"),
        [
            (f'{SHIFTS} row 2, column since: "2023-00" is not a date that exists, written as in EDTF '
            "(2023-09-14, 2023-09, 2023~, [2022..2024], 2022/2025). Correct the cell.")
        ],
    ),
    "wrong locator": (
        lambda tree: exchange(tree, SHIFTS, "L3 L12", "L3 p12"),
        [f'{SHIFTS} row 2, column locator: "p12" is not of the form L[0-9]+. Correct the cell.'],
    ),
    "duplicate key": (
        lambda tree: exchange(tree, NURSES, "anna-tran", "anna-le"),
        [
            (f'{NURSES} row 3: has the key "anna-le" of row 2 again. '
            "Give each row a key of its own, or put the two together.")
        ],
    ),
    "table with a missing column": (
        lambda tree: tell_into(tree, NURSES, "nurse,label_vi\nanna-le,Lê Thị Anna\n"),
        [f'{NURSES} row 1: has no column "label_en". Add it; it is required.'],
    ),
    "table with an unknown column": (
        lambda tree: tell_into(tree, NURSES, "nurse,label_en,lable_vi\nanna-le,Anna Le,Lê Thị Anna\n"),
        [f'{NURSES} row 1: has an unknown column "lable_vi". Did you mean "label_vi"?'],
    ),
    "table with a column twice": (
        lambda tree: exchange(tree, WARDS, "label_vi,label_en", "label_en,label_en"),
        [f'{WARDS} row 1: has the column "label_en" twice. Keep one of them.'],
    ),
    "unknown kind of table": (
        lambda tree: (tree / NURSES).rename(tree / "data/shared/nurse.csv"),
        [
            ('data/shared/nurse.csv: there is no kind of table called "nurse". Did you mean "nurses"? '
            "Rename the file.")
        ],
    ),
    "Windows-1258": (
        lambda tree: (tree / NURSES).write_bytes(f"{NURSE_COLUMNS}\nbinh-do,Đô Binh,Binh Do,\n".encode("cp1258")),
        [
            (f"{NURSES}: is not UTF-8 text (line 2); it may be Windows-1258 or UTF-16. "
            'In Excel choose "Save as, CSV UTF-8".')
        ],
    ),
    "empty file": (
        lambda tree: tell_into(tree, NURSES, ""),
        [f"{NURSES}: is empty. Give it a header row ({NURSE_COLUMNS}) or delete the file."],
    ),
    "claims in the shared folder": (
        lambda tree: (tree / SHIFTS).rename(tree / "data/shared/shifts.csv"),
        ["data/shared/shifts.csv: a table of claims needs a source. Move it to the folder of its source."],
    ),
    "undeclared prefix": (
        lambda tree: exchange(tree, QUESTION, "?turn hos:nurse", "?turn hoz:nurse"),
        [f'{QUESTION}: the prefix "hoz:" is not declared. Add a PREFIX line.'],
    ),
    "header without summary": (
        lambda tree: tell_into(tree, QUESTION, "#+ tags: [shifts]\nSELECT ?s WHERE { ?s ?p ?o }\n"),
        [f'{QUESTION}: has no summary. Begin it with "#+ summary:" and the question in words, vi and en.'],
    ),
    "a row of the check that stops": (
        lambda tree: exchange(tree, WARDS, "Medicine,120,", "Medicine,120,intensive-care"),
        [
            f"{WARDS} row 2, ward/medicine: Medicine is inside itself. Correct its part_of.",
            f"{WARDS} row 3, ward/intensive-care: Intensive care is inside itself. Correct its part_of.",
        ],
    ),
    "a shape": (
        lambda tree: exchange(tree, SHIFTS, ",night,", ",,"),
        [
            f"{SHIFTS} row 2, shift/anna-le-intensive-night: A shift has exactly one kind. Write day or night."
        ],
    ),
}  # fmt: skip

# name: how the tree is broken, the place and some words of the one line that comes of it.
BROKEN_BY_OTHERS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "broken Turtle": (
        lambda tree: tell_into(tree, "data/spring-roster/source.ttl", "<source/spring-roster> a\n\n  .\n"),
        "data/spring-roster/source.ttl line 3",
        "is not valid Turtle",
    ),
    "Turtle that is not UTF-8": (
        lambda tree: (tree / "data/more.ttl").write_bytes('<a> <http://b> "Đô"@vi .'.encode("cp1258")),
        "data/more.ttl",
        "UTF-8",
    ),
    "broken shape": (
        lambda tree: exchange(tree, "ontology/shapes/shift.ttl", "sh:path hos:kind ;", "sh:path hos:kind"),
        "ontology/shapes/shift.ttl",
        "is not valid Turtle",
    ),
    "ragged row": (
        lambda tree: exchange(tree, WARDS, "Maternity,40,", "Maternity,40,,,"),
        f"{WARDS} row 4",
        "header",
    ),
    "short row": (
        lambda tree: exchange(tree, WARDS, "Maternity,40,", "Maternity"),
        f"{WARDS} row 4",
        "header",
    ),
    "open quotation": (
        lambda tree: exchange(tree, WARDS, "Maternity", '"Maternity'),
        WARDS,
        "cannot be read as a table",
    ),
    "no SPARQL": (
        lambda tree: exchange(tree, QUESTION, "ORDER BY", "ORDERED BY"),
        QUESTION,
        "is no SPARQL",
    ),
    "a header that is no YAML": (
        lambda tree: exchange(tree, QUESTION, "#+ summary:", "#+ summary: {"),
        QUESTION,
        "its header is no YAML",
    ),
    "a question that is no SELECT": (
        lambda tree: exchange(tree, QUESTION, "SELECT ?nurse ?ward ?kind ?day ?hours ?turn\nWHERE", "ASK"),
        QUESTION,
        "SELECT",
    ),
    "a rule that is no CONSTRUCT": (
        lambda tree: exchange(tree, RULE, "CONSTRUCT { ?nurse hos:worksIn ?ward }", "SELECT ?nurse ?ward"),
        RULE,
        "CONSTRUCT",
    ),
    "a view that is no CONSTRUCT": (
        lambda tree: tell_into(tree, "viz/more.rq", "#+ summary: {vi: a, en: b}\nSELECT * WHERE { ?s ?p ?o }\n"),
        "viz/more.rq",
        "CONSTRUCT",
    ),
    "parameters that are no names": (
        lambda tree: tell_into(
            tree, QUESTION, "#+ summary: {vi: a, en: b}\n#+ parameters: nurse\nSELECT * WHERE { ?s ?p ?o }\n"
        ),
        QUESTION,
        "parameters",
    ),
    "a parameter's class with an undeclared prefix": (
        lambda tree: exchange(tree, QUESTION, "hos:Nurse", "hoz:Nurse"),
        QUESTION,
        '"hoz:"',
    ),
    "a property with an undeclared prefix": (
        lambda tree: exchange(tree, "ontology/tables/wards.json", "hos:beds", "hoz:beds"),
        "ontology/tables/wards.json",
        '"hoz:"',
    ),
    "a key that is no part of an address": (
        lambda tree: (
            exchange(tree, "ontology/tables/nurses.json", ', "format": "[a-z0-9-]+"', ""),
            exchange(tree, NURSES, "binh-do", "binh do>"),
        ),
        f"{NURSES} row 4, column nurse",
        "address",
    ),
    "a control character": (
        lambda tree: exchange(tree, WARDS, "Maternity", "Mater\x0bnity"),
        WARDS,
        "control character (line 4",
    ),
    "a parameter that is no variable": (
        lambda tree: exchange(tree, QUESTION, "#+   nurse: {class", "#+   nurce: {class"),
        QUESTION,
        "parameter nurce",
    ),
    "evidence that is no list": (
        lambda tree: exchange(tree, QUESTION, "#+ evidence: [turn]", "#+ evidence: turn"),
        QUESTION,
        "evidence is no list",
    ),
    "evidence that is not selected": (
        lambda tree: exchange(tree, QUESTION, "#+ evidence: [turn]", "#+ evidence: [tern]"),
        QUESTION,
        "evidence tern",
    ),
    "a table whose name ends in capitals": (
        lambda tree: tell_into(tree, "data/shared/more.CSV", "nurse,label_en"),
        "data/shared/more.CSV",
        "that nothing reads",
    ),
    "a question outside a theme": (
        lambda tree: tell_into(tree, "queries/lost.rq", "#+ summary: {vi: a, en: b}\nSELECT * WHERE { ?s ?p ?o }\n"),
        "queries/lost.rq",
        "that nothing reads",
    ),
    "a rule without end": (
        lambda tree: exchange(
            tree, RULE, "?ward }\nWHERE { ?shift hos:nurse ?nurse ; hos:covers ?ward }",
            "?wider }\nWHERE { ?nurse hos:worksIn|^hos:nurse ?ward BIND (IRI(CONCAT(STR(?ward), 'x')) AS ?wider) }",
        ),
        "ontology/rules",
        "still add triples",
    ),
    "a source that nobody described": (
        lambda tree: (tree / "data/spring-roster/source.ttl").unlink(),
        SHIFTS,
        '"source/spring-roster"',
    ),
    "a node without a name": (
        lambda tree: tell_into(tree, "data/more.ttl", '[] <http://www.w3.org/2000/01/rdf-schema#label> "x"@en .'),
        "data/more.ttl",
        "blank",
    ),
}  # fmt: skip


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A link to a good build that was made before."""
    folder = tmp_path / "out.builds" / "20200101T000000-1"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}", encoding="utf-8")
    (tmp_path / "out").symlink_to("out.builds/20200101T000000-1")
    return tmp_path / "out"


def refused(run_cli, tree: Path, out: Path, *more: str) -> list[str]:
    """Build `tree`, see that it is refused and that the build before stays; return the lines said."""
    ran = run_cli("build", "--content", tree, "--out", out, *more)
    said = [line for line in ran.lines if not re.fullmatch(r"  \w+ +\d+\.\d\d s", line)]
    assert "Traceback" not in ran.err
    assert said
    for line in said:
        assert SENTENCE.fullmatch(line), f"not of the form place: what. todo.: {line}"
    assert said == sorted(said, key=natural), "problems stand in the order of their places"
    assert out.readlink() == Path("out.builds/20200101T000000-1")
    assert [path.name for path in out.with_name("out.builds").iterdir()] == ["20200101T000000-1"]
    assert (out / "report.json").read_bytes() == b"{}"
    assert ran.code == (2 if "ontology/rules: still" in ran.err else 1)
    return said


def natural(text: str) -> list[str | int]:
    """Return the key by which row 2 stands before row 10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_content_is_refused_with_a_sentence(name: str, tree: Path, out: Path, run_cli) -> None:
    """What is broken is said in these very words."""
    breaks, lines = BROKEN[name]
    breaks(tree)
    said = refused(run_cli, tree, out)
    assert said == lines


@pytest.mark.parametrize("name", BROKEN_BY_OTHERS)
def test_what_a_parser_refuses_is_told_at_its_place(name: str, tree: Path, out: Path, run_cli) -> None:
    """What a parser or an unlucky header cannot take is told once, with its place, and no stack trace."""
    breaks, place, words = BROKEN_BY_OTHERS[name]
    breaks(tree)
    said = refused(run_cli, tree, out)
    assert len({line.partition(":")[0] for line in said}) == len(said) == 1
    assert said[0].startswith(place)
    assert words in said[0]


def test_all_problems_come_at_once_sorted_by_place(tree: Path, out: Path, run_cli) -> None:
    """A run tells the problems of tables, Turtle and questions together, in the order of their places."""
    for name in ("unknown code", "missing required cell", "undeclared prefix", "header without summary"):
        BROKEN[name][0](tree)
    tell_into(tree, "data/autumn-roster/source.ttl", "no turtle")
    said = refused(run_cli, tree, out)
    places = [line.partition(":")[0] for line in said]
    assert places == [
        "data/autumn-roster/source.ttl line 1",
        f"{WARDS} row 4, column label_en",
        f"{SHIFTS} row 2, column kind",
        QUESTION,
    ]


def test_rows_are_told_in_their_order(tree: Path, out: Path, run_cli) -> None:
    """Row 2 is told before row 10."""
    rows = "".join(f"ward-{number},,,,\n" for number in range(11))
    tell_into(tree, WARDS, f"{WARD_COLUMNS}\n{rows}")
    tell_into(tree, NURSES, f"{NURSE_COLUMNS}\n")
    said = [line for line in refused(run_cli, tree, out) if line.startswith(WARDS)]
    assert [re.search(r"row (\d+)", line).group(1) for line in said] == [str(number) for number in range(2, 13)]


def test_each_repetition_of_a_key_is_told(tree: Path, out: Path, run_cli) -> None:
    """Three rows of one key are two problems, so that one run is enough to find them."""
    tell_into(tree, NURSES, f"{NURSE_COLUMNS}\n" + "anna-le,,Anna,\n" * 3)
    tell_into(tree, SHIFTS, "shift,nurse,ward,locator\n")
    tell_into(tree, AUTUMN, "shift,nurse,ward,locator\n")
    assert [line.partition(":")[0] for line in refused(run_cli, tree, out)] == [f"{NURSES} row 3", f"{NURSES} row 4"]


def test_a_row_keeps_its_number_after_an_empty_line(tree: Path, out: Path, run_cli) -> None:
    """The row that is named is the row that Excel shows, empty lines counted."""
    exchange(tree, WARDS, "maternity,Khoa Sản,Maternity,40,", "\n\nmaternity,Khoa Sản,Maternity,forty,")
    assert refused(run_cli, tree, out)[0].startswith(f"{WARDS} row 6, column beds")


def test_the_words_of_the_file_are_said_back(tree: Path, out: Path, run_cli) -> None:
    """A cell is quoted as it was typed, accents and all."""
    exchange(tree, WARDS, ",18,", ",mười tám,")
    assert '"mười tám"' in refused(run_cli, tree, out)[0]


PRIVATE = {
    "birthday": '<person/tran-vi-du> <http://xmlns.com/foaf/0.1/birthday> "01-01" .',
    "e-mail": '<person/tran-vi-du> <https://schema.org/email> "a@b.vn" .',
    "telephone": '<person/tran-vi-du> <https://schema.org/telephone> "0912" .',
    "birth date of a person of another class": (
        '<person/x> a <https://schema.org/Person> ; <https://schema.org/birthDate> "1970-01-01" .'
    ),
}
CLAIM = "person/tran-vi-du,born,schema:birthDate,L5,1 January 1970,Stated,,,,"
TOLD = {
    "birthday": '"01-01"',
    "e-mail": "a@b.vn",
    "telephone": "0912",
    "birth date of a person of another class": "1970-01-01",
    "birth date as a claim": "tran-vi-du/born",
}


@pytest.fixture(scope="module")
def private_lines(tmp_path_factory: pytest.TempPathFactory, run_cli) -> list[str]:
    """What a build of an invented province says when private facts are among its facts."""
    tree, out = invent(tmp_path_factory.mktemp("private") / "tree"), tmp_path_factory.mktemp("out") / "build"
    tell_into(tree, "data/private.ttl", "\n".join(PRIVATE.values()))
    exchange(tree, "data/gazette/claims.csv", "\n", f"\n{CLAIM}\n")
    ran = run_cli("build", "--content", tree, "--out", out)
    assert ran.code == 1, ran.err
    assert not out.exists()
    return ran.lines


@pytest.mark.parametrize("name", TOLD)
def test_a_private_fact_about_a_person_is_refused(name: str, private_lines: list[str]) -> None:
    """Birth dates, addresses and telephones of persons do not enter the graph by any door."""
    said = [line for line in private_lines if TOLD[name] in line]
    assert len(said) == 1, private_lines
    assert SENTENCE.fullmatch(said[0])
    assert "such as birth date, home, identity number" in said[0]


def test_a_post_that_nobody_defined_is_refused(real_tree: Path, out: Path, run_cli) -> None:
    """A tenure in a post that the shared tables do not have is refused, and the nearest post is named."""
    text = "tenure,person,post,locator\nx,pham-van-hau,general-secretry,L5\n"
    tell_into(real_tree, "data/p1-conference-en/tenures.csv", text)
    assert (
        'data/p1-conference-en/tenures.csv row 2, column post: nobody has described "post/general-secretry". '
        'Did you mean "post/general-secretary"? Describe it in data/shared/, or correct the name.'
    ) in refused(run_cli, real_tree, out)


@pytest.mark.parametrize(
    "name", ["viz/style.toml", "viz/words/en.po", "ontology/tables/wards.json", "ontology/prefixes.ttl"]
)
def test_a_broken_setting_is_named(name: str, tree: Path, out: Path, run_cli) -> None:
    """A file of settings that cannot be read is named in one sentence, whichever file it is."""
    tell_into(tree, name, "{ = [\n")
    ran = run_cli("build", "--content", tree, "--out", out)
    said = [line for line in ran.lines if not line.startswith("  ")]
    assert ran.code in (1, 2)
    assert said
    assert all(SENTENCE.fullmatch(line) for line in said)
    assert name in said[0]


@pytest.mark.parametrize("command", ["check", "build"])
def test_all_files_that_cannot_be_read_are_told_together(command: str, tree: Path, out: Path, run_cli) -> None:
    """A broken catalogue and broken settings are told by a check and by a build, together, and the last build stays."""
    tell_into(tree, "viz/words/es.po", 'msgid "x\n')
    tell_into(tree, "viz/style.toml", "x = [\n")
    ran = run_cli(command, "--content", tree, *(("--out", out) if command == "build" else ()))
    assert (ran.code, [line.split(":")[0] for line in ran.lines]) == (1, ["viz/style.toml", "viz/words/es.po"])
    assert all(SENTENCE.fullmatch(line) for line in ran.lines)
    assert str(out.readlink()) == "out.builds/20200101T000000-1"
