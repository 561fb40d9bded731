"""What Excel and keyboards do to a table is put right: the graph is the same, byte for byte."""

import unicodedata
from pathlib import Path

import pytest
from conftest import tell_into

from orgline.content.tree import Content
from orgline.graph.loading import load
from orgline.graph.store import sorted_quads
from orgline.text.errors import ContentError

WARDS = "data/shared/wards.csv"


def graph_of(tree: Path) -> str:
    """Return the whole graph of `tree` as sorted N-Quads."""
    return "\n".join(map(str, sorted_quads(load(Content.find(tree)).store)))


@pytest.fixture
def wanted(tree: Path) -> str:
    """The graph of the hospital as it is."""
    return graph_of(tree)


def put(tree: Path, text: str, name: str = WARDS) -> None:
    """Write `text` as a table."""
    tell_into(tree, name, text)


def text_of(tree: Path) -> str:
    """Return the table of wards as it is."""
    return (tree / WARDS).read_text(encoding="utf-8")


def test_a_byte_order_mark(tree: Path, wanted: str) -> None:
    """A BOM at the start of a table changes nothing."""
    put(tree, "\ufeff" + text_of(tree))
    assert graph_of(tree) == wanted


def test_decomposed_letters(tree: Path, wanted: str) -> None:
    """Vietnamese typed with combining accents (NFD) gives the same bytes as composed letters (NFC)."""
    decomposed = unicodedata.normalize("NFD", text_of(tree))
    assert decomposed != text_of(tree)
    put(tree, decomposed)
    assert graph_of(tree) == wanted


def test_decomposed_letters_in_turtle(tree: Path, wanted: str) -> None:
    """Turtle with combining accents gives the same bytes too: a name is the same name wherever it stands."""
    path = tree / "data/spring-roster/source.ttl"
    decomposed = unicodedata.normalize("NFD", path.read_text(encoding="utf-8"))
    path.write_text(decomposed, encoding="utf-8")
    assert graph_of(tree) == wanted


def test_semicolons(tree: Path, wanted: str) -> None:
    """Excel of a country with decimal commas separates by semicolons."""
    put(tree, text_of(tree).replace(",", ";"))
    assert graph_of(tree) == wanted


def test_tabs(tree: Path, wanted: str) -> None:
    """Cells that were copied out of a spreadsheet are separated by tabs."""
    put(tree, text_of(tree).replace(",", "\t"))
    assert graph_of(tree) == wanted


def test_windows_line_ends(tree: Path, wanted: str) -> None:
    """Lines that end as on Windows change nothing."""
    put(tree, text_of(tree).replace("\n", "\r\n"))
    assert graph_of(tree) == wanted


def test_all_of_excel_at_once(tree: Path, wanted: str) -> None:
    """A BOM, semicolons and Windows line ends come together."""
    put(tree, "\ufeff" + text_of(tree).replace(",", ";").replace("\n", "\r\n"))
    assert graph_of(tree) == wanted


def test_vietnamese_titles(tree: Path, wanted: str) -> None:
    """The header may be the titles in Vietnamese instead of the names."""
    rows = text_of(tree).split("\n", 1)[1]
    put(tree, "mã khoa,tên tiếng Việt,Tên tiếng Anh ,SỐ GIƯỜNG,thuộc khoa\n" + rows)
    assert graph_of(tree) == wanted


def test_decomposed_titles(tree: Path, wanted: str) -> None:
    """The titles too may be typed with combining accents."""
    rows = text_of(tree).split("\n", 1)[1]
    put(tree, unicodedata.normalize("NFD", "mã khoa,tên tiếng Việt,tên tiếng Anh,số giường,thuộc khoa\n") + rows)
    assert graph_of(tree) == wanted


def test_empty_rows(tree: Path, wanted: str) -> None:
    """Rows without a cell, in between or at the end, say nothing."""
    put(tree, text_of(tree).replace("\nmaternity", "\n,,,,\n\nmaternity") + ",,,,\n , ,,,\n\n")
    assert graph_of(tree) == wanted


def test_no_last_line_end(tree: Path, wanted: str) -> None:
    """The last line may lack its end."""
    put(tree, text_of(tree).rstrip("\n"))
    assert graph_of(tree) == wanted


def test_empty_trailing_columns(tree: Path, wanted: str) -> None:
    """Columns without header and without cells, as Excel leaves them, say nothing."""
    put(tree, "".join(f"{line},,\n" for line in text_of(tree).splitlines()))
    assert graph_of(tree) == wanted


def test_reordered_columns(tree: Path, wanted: str) -> None:
    """Columns may stand in any order."""
    rows = [line.split(",") for line in text_of(tree).splitlines()]
    put(tree, "".join(",".join(reversed(row)) + "\n" for row in rows))
    assert graph_of(tree) == wanted


def test_spaces_round_cells(tree: Path, wanted: str) -> None:
    """Spaces, also those that do not break, at either end of a cell say nothing."""
    put(tree, text_of(tree).replace(",Maternity,40", ",  Maternity\u00a0, 40 "))
    assert graph_of(tree) == wanted


def test_a_cell_of_several_lines(tree: Path) -> None:
    """A quoted cell may hold commas, quotation marks and line ends, and keeps them."""
    put(tree, text_of(tree).replace(",Maternity,", ',"Mother, ""child""\nand cot",'))
    assert '"Mother, \\"child\\"\\nand cot"@en' in graph_of(tree)


def test_an_absent_optional_column(tree: Path) -> None:
    """A column that is not required may be left out."""
    put(tree, "ward,label_en\nmedicine,Medicine\nintensive-care,ICU\nmaternity,Maternity\n")
    assert '"ICU"@en' in graph_of(tree)


def test_a_table_with_a_header_alone(tree: Path) -> None:
    """A table without rows says nothing."""
    put(tree, "ward,label_en\n")
    with pytest.raises(ContentError, match='nobody has described "ward/maternity"'):
        graph_of(tree)
