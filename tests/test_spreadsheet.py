"""Tables for spreadsheets: what is text stays text, nothing runs, and a second sheet says what they are."""

import csv
import io
import random
import string
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote
from zipfile import ZipFile

import openpyxl
import pyoxigraph as ox
import pytest
from conftest import once_more
from test_serve import started

from orgline.answers.answer_xlsx import FileInfo, content_disposition, table_csv, table_workbook, to_cell
from orgline.cli.app import main
from orgline.graph.speaker import Speaker
from orgline.text.moment import Moment
from orgline.text.xlsx import PAGE_WIDTH, Sheet, build_workbook, column_widths, is_untouched, tab_name

DAY = date(2024, 12, 31)
CODES = ["24-DA/TU", "001", "1-2", "2/3", "1E5", "TRUE", "007.50", "=1+1", "+84", "-0,5", "@x", "\t=1", "{=1}", "0x1F"]
HOSTILE = [
    '=HYPERLINK("http://127.0.0.1/","x")',
    "=cmd|' /C calc'!A0",
    "https://127.0.0.1/",
    "mailto:a@b",
    "internal:Sheet2!A1",
    "_x000D_ _x0041_",
    "a\x00b\x01c\x1b\x7f",
    "\ufffe\uffff",
    "]]></t><f>1</f>&<>\"'",
    "e\u0301 \u202e right to left",
    "x" * 40_000,
]


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def one(rows, headings=("one",), name="One"):
    """Return the page of a workbook that holds one table."""
    book = opened(build_workbook([Sheet(name, "Above", headings, rows)], "Title", DAY, "yyyy-mm-dd"))
    return book.worksheets[0]


@pytest.fixture
def asked(hospital, hospital_build, tmp_path):
    """Ask the hospital, into a file: returns the workbook."""

    def ask(*words, lang="en", name="answer.xlsx"):
        path = tmp_path / name
        where = ["--out", str(hospital_build), "--content", str(hospital.root), "--lang", lang]
        assert main([*words, *where, "--to", str(path)]) == 0
        return openpyxl.load_workbook(path)

    return ask


@pytest.mark.parametrize("text", CODES)
def test_codes_stay_text(text):
    """A text that looks like a number, a date, a truth or a formula comes back as the text it was."""
    found = one([[text]])["A2"]
    assert (found.data_type, found.value) == ("s", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_runs_and_nothing_leads_elsewhere(text):
    """No cell, heading, tab or line above becomes a formula, a link or another piece of the file."""
    data = build_workbook([Sheet(text, text, [text], [[text]])], text, DAY, "yyyy-mm-dd")
    with ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if "worksheets/_rels" in name or "external" in name]
        page = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in page
    assert b"hyperlink" not in page
    assert opened(data).worksheets[0]["A2"].data_type == "s"


def test_a_cell_that_could_become_a_formula_is_marked_as_text():
    """Who edits a cell that begins with a sign, or a code, still has a text: it is quoted, and of the form of text."""
    page = one([["=1+1"], ["001"]])
    assert page["A2"].style is not None
    assert page["A2"].quotePrefix
    assert page["A3"].number_format == "@"


def test_numbers_are_numbers_as_they_are_printed():
    """A number is one, with as many places as it was written with; one too long to be kept exactly is text."""
    page = one([[Decimal(7402)], [Decimal("78.10")], [Decimal(12345678901234567)]])
    assert [page.cell(row, 1).value for row in (2, 3, 4)] == [7402, 78.1, "12345678901234567"]
    assert [page.cell(row, 1).number_format for row in (2, 3)] == ["#,##0", "#,##0.00"]


def test_only_whole_days_are_dates():
    """A whole day is a date; one before spreadsheets agree on days, a month, a period or a doubtful day are words."""
    edtf, day = (
        ox.NamedNode("http://id.loc.gov/datatypes/edtf/EDTF"),
        ox.NamedNode("http://www.w3.org/2001/XMLSchema#date"),
    )
    speaker = Speaker(ox.Store(), "en", {"en": {"day_form": "{iso}", "month_form": "{iso}"}})
    texts = ["2023-03-04", "1899-12-31", "2023-01", "2023", "2023-09-14?", "[2022..2023]", "2022/2023"]
    page = one([[to_cell(ox.Literal(text, datatype=edtf), speaker)] for text in texts])
    found = [page.cell(row, 1) for row in range(2, 9)]
    assert [one.is_date for one in found] == [True, *[False] * 6]
    assert found[0].value == datetime(2023, 3, 4)  # noqa: DTZ001 a cell has no zone
    assert [one.value for one in found[1:4]] == ["1899-12-31", "2023-01", "2023"]
    assert to_cell(ox.Literal("2023-03-04", datatype=day), speaker) == date(2023, 3, 4)
    assert to_cell(ox.Literal("2023-03-04"), speaker) == "2023-03-04"


@pytest.mark.parametrize(
    "text", ["", "'", "History", "a/b\\c:d*e?f[g]", "x" * 80, "😀" * 40, "'quoted'", "\x00", "..."]
)
def test_tabs_have_names_that_spreadsheets_take(text):
    """Whatever a section is called, its tab has a short name of its own without forbidden signs."""
    book = opened(build_workbook([Sheet(text, "", ["a"]) for _ in range(12)], "", DAY, "yyyy-mm-dd"))
    names = [name.casefold() for name in book.sheetnames]
    assert len(set(names)) == 12
    assert all(0 < len(name.encode("utf-16-le")) // 2 <= 31 and not set(name) & set("[]:*?/\\") for name in names)
    assert all(name != "history" and name.strip("'") == name for name in names)


@pytest.mark.slow
def test_any_table_can_be_opened():
    """Five hundred tables of random signs, numbers and days are files that can be read back."""
    chance = random.Random(5)
    signs = string.printable + "đĐệ=+-@\t\r\n\x00\x1f\ud7ff\ufeff\u2028'\"<&"
    for number in range(500):
        rows = [
            [
                chance.choice([None, Decimal(chance.randint(-9, 10**6)), DAY, "".join(chance.choices(signs, k=9))])
                for _ in range(3)
            ]
            for _ in range(4)
        ]
        page = one(rows, headings=("a", "".join(chance.choices(signs, k=5)), "c"), name=str(number))
        assert page.max_row <= 5


def test_the_same_answer_is_the_same_bytes():
    """The same tables of the same day are the same file, said to be made on that day."""
    made = [build_workbook([Sheet("A", "B", ["c"], [["d"]])], "T", DAY, "yyyy-mm-dd") for _ in range(2)]
    assert made[0] == made[1]
    assert opened(made[0]).properties.created.replace(tzinfo=UTC) == datetime(2024, 12, 31, tzinfo=UTC)


def test_a_page_is_read_and_printed_well():
    """The heading row is bold and stays, there are filters, pages are A4 across and repeat the headings."""
    page = one([["long " * 60, "short"]], headings=("Reason", "Mark"))
    assert page["A1"].font.b
    assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("A2", "A1:B2", "$1:$1")
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert (page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert page["A2"].alignment.wrap_text
    assert page.row_dimensions[2].height > 60


def test_many_columns_fit_across():
    """However many columns there are, long ones give way to each other until they fit across a page."""
    found = column_widths(Sheet("A", "", ["h"] * 9, [["words " * 50] * 9]))
    assert sum(found) <= PAGE_WIDTH
    assert max(found) - min(found) <= 1


def test_an_answer_says_what_it_is(asked):
    """The second sheet says question, value, days, sources with their dates and what the four answers mean."""
    book = asked("ask", "shifts-of-a-nurse", "--nurse", "binh do", "--as-of", "2023-03-04")
    answer, about = book.worksheets
    assert [cell.value for cell in answer[1]][:5] == ["Nurse", "Ward", "Shift", "Day", "Hours"]
    day, hours = answer["D2"], answer["E2"]
    assert (day.is_date, hours.value) == (True, 8)
    said = {str(row[0].value).lower(): row[1].value for row in about.iter_rows(min_row=2)}
    assert said["question"] == "Which shifts does a nurse work?"
    assert said["a nurse"].startswith("Binh Do <")
    assert next(row[1].value for row in about.iter_rows() if str(row[0].value).lower() == "meaning").startswith(
        "Stated"
    )
    assert "roster" in said["source"].lower()


def test_an_answer_that_states_nothing_says_so(asked):
    """A table without rows says that nothing is stated, and names the sources looked at."""
    book = asked("ask", "shifts-of-a-nurse", "--nurse", "anna le", "--ward", "maternity")
    assert [cell.value for cell in book.worksheets[0][2]][-1] == "Not stated"
    assert "Sources searched" in [row[0].value for row in book.worksheets[1].iter_rows()]


def test_a_note_that_looks_like_a_formula_is_a_note(asked):
    """What a source prints as =1+1 is that text in the file."""
    found = [cell for row in asked("ask", "notes-of-shifts").worksheets[0].iter_rows() for cell in row]
    assert ("s", "=1+1") in [(cell.data_type, cell.value) for cell in found]


def test_the_file_says_the_format(asked, tmp_path, hospital, hospital_build, capsys):
    """The ending of --to says the format; a table goes to the terminal, a spreadsheet into a file."""
    where = ["--out", str(hospital_build), "--content", str(hospital.root)]
    path = tmp_path / "notes.csv"
    assert main(["ask", "notes-of-shifts", *where, "--to", str(path)]) == 0
    assert "'=1+1" in path.read_text(encoding="utf-8")
    assert main(["ask", "notes-of-shifts", *where, "--format", "xlsx"]) == 2
    assert main(["ask", "notes-of-shifts", *where, "--to", str(tmp_path / "notes.txt")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("--to: is missing.")
    assert "a table is printed, not written" in said[1]


def test_a_file_of_somebody_else_is_not_replaced(asked, tmp_path, hospital, hospital_build, capsys):
    """Our own file is written again; one that somebody else wrote, or has saved since, is left alone."""
    asked("ask", "notes-of-shifts")
    asked("ask", "notes-of-shifts")
    path = tmp_path / "answer.xlsx"
    assert is_untouched(path)
    book = openpyxl.load_workbook(path)
    book.properties.lastModifiedBy = "Anna Le"
    book.save(path)
    before = path.read_bytes()
    where = ["--out", str(hospital_build), "--content", str(hospital.root)]
    assert main(["ask", "notes-of-shifts", *where, "--to", str(path)]) == 2
    assert "Give another name" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["answer.xlsx"]


def test_chains_are_tables_too(real_build, tmp_path):
    """What above, below, why and common answer can be written as a spreadsheet as well."""
    for number, words in enumerate((["above", "p3-bloc-party-committee"], ["below", "p3-provincial-party-committee"])):
        path = tmp_path / f"{number}.xlsx"
        assert main([*words, "--out", str(real_build), "--lang", "en", "--to", str(path)]) == 0
        assert openpyxl.load_workbook(path).worksheets[0]["A1"].value == "Level"


def test_files_have_names_that_every_system_takes():
    """The header by which a file is kept has a plain name, and the real one encoded; no sign can end it."""
    hostile = 'Đề án "24"\r\nSet-Cookie: a=b; filename=../../x.exe\x00'
    found = content_disposition(hostile, "xlsx")
    assert found.isascii()
    assert not set(found) & set("\r\n\x00")
    assert 'filename="de-an-24-set-cookie' in found
    assert "/" not in found.replace("UTF-8''", "")
    assert content_disposition("???", "csv").startswith('attachment; filename="orgline.csv"')


def test_a_table_as_csv_is_harmless_and_marked():
    """CSV for a spreadsheet is marked as UTF-8, and what could run has an apostrophe before it."""
    data = table_csv(["=a", "b"], [["=1+1", Decimal("-0.5")], [date(2024, 1, 2), None]])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows == [["'=a", "b"], ["'=1+1", "-0.5"], ["2024-01-02", ""]]


def test_what_was_found_says_when(tmp_path):
    """A table that is no answer says its days as well."""
    speaker = Speaker(ox.Store(), "en", {"en": {}})
    book = opened(
        table_workbook(Sheet("A", "", ["a"], [["b"]]), speaker, FileInfo("T", Moment(DAY, DAY), DAY, "http://x/"))
    )
    said = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows(min_row=2)}
    assert said["on_day"] == said["known_on_day"] == datetime(2024, 12, 31)  # noqa: DTZ001 a cell has no zone
    assert said["page_address"] == "http://x/"


def test_tab_names_are_cut_between_words():
    """A long name is cut where a word ends, and says so."""
    assert tab_name("Which posts does a person hold on that day") == "Which posts does a person hold…"


class Patient:
    """Asks a service, and once more if it is told to come again."""

    def __init__(self, client):
        self.client = client

    def get(self, *asked):
        """Return status, headers and body."""
        return once_more(lambda: self.client.get(*asked))


@pytest.fixture(scope="module")
def service(real_build):
    with started(real_build, seconds=10) as client:
        yield Patient(client)


def test_a_question_is_downloaded(service):
    """A question gives its answer as a workbook, by name and by Accept, with a name to keep it by."""
    path = "ask/organizations/bodies-of-a-place?place=" + quote("Yên Bái") + "&lang=vi"
    status, headers, body = service.get(path + "&format=xlsx")
    assert (status, headers["Content-Type"].split(";")[0].rpartition(".")[2]) == (200, "sheet")
    assert 'filename="' in headers["Content-Disposition"]
    assert "filename*=UTF-8''" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    about = opened(body).worksheets[1]
    assert any(str(row[1].value).endswith("?place=Y%C3%AAn+B%C3%A1i&lang=vi") for row in about.iter_rows())
    by_accept = service.get(path, {"Accept": headers["Content-Type"]})
    assert by_accept[2] == body


def test_a_thing_is_downloaded(service):
    """A thing gives its sections as sheets, with all statements and their sources; as CSV all statements."""
    status, headers, body = service.get("page/person/lam-dong?format=xlsx&lang=en")
    assert status == 200
    book = opened(body)
    assert len(book.sheetnames) >= 4
    assert book.sheetnames[-2:] == ["Everything that is stated", "About this table"]
    headings = [cell.value for cell in book.worksheets[-2][1]]
    assert headings[4:8] == ["Source", "Source published on", "Line", "As printed"]
    status, headers, body = service.get("id/person/lam-dong?format=csv&lang=en")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/csv")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert {"Of", "What is said", "Value", "Source", "Source published on", "Line", "Certainty"} <= set(rows[0])
    assert any(row["Line"] == "L5" for row in rows)


def test_a_search_is_downloaded(service):
    """What is found goes into a file as well; a form that there is not is refused in a sentence."""
    status, _, body = service.get("search?q=lam+dong&format=xlsx&lang=en")
    assert status == 200
    assert opened(body).worksheets[0]["A2"].value == "Lam Dong"
    status, _, body = service.get("search?q=lam+dong&format=csv&lang=en")
    assert body.decode("utf-8-sig").startswith("Name,Kind,")
    assert service.get("search?q=lam+dong&format=docx")[0] == 400
    assert service.get("page/person/nobody?format=xlsx")[0] == 404
