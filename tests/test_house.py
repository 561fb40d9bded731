"""The house keeps its floors: imports go down only, each library has its room, content and Python stay apart."""

import ast
import re
import sys
from pathlib import Path

import pytest
from conftest import ROOT

ENGINE = ROOT / "orgline"
MODULES = {path.stem: path for path in sorted(ENGINE.glob("*.py"))}

# From the ground up, as DESIGN and CONTRIBUTING draw them. A name may use those on lower floors, and on its own
# floor those to its left; the verbs never use each other.
FLOORS = (
    ("__init__",),
    ("errors",),
    ("sentences", "words", "catalogues", "spelled", "sealed", "dates", "when", "outfile", "workbook"),
    (
        "content",
        "store",
        "query",
        "tables",
        "cells",
        "mapping",
        "evidence",
        "find",
        "say",
        "remote",
        "place",
        "rows",
        "records",
        "allowed",
        "removals",
        "without",
        "swap",
        "gazetteer",
        "through",
        "index",
        "relations",
        "dated",
        "hierarchy",
        "nearby",
        "dataset",
        "known",
        "guard",
        "negotiate",
        "budget",
        "confine",
        "frames",
        "turns",
        "nursery",
        "process",
        "pool",
        "spool",
        "protocol",
        "responses",
        "connections",
    ),
    (
        "answer",
        "catalog",
        "template",
        "assets",
        "frame",
        "picture",
        "daily",
        "layout",
        "outline",
        "shapes",
        "card",
        "listing",
        "chart",
        "lettering",
        "inscribed",
        "spots",
        "wiring",
        "placing",
        "drawing",
        "paper",
        "ways",
        "neighbours",
        "exploring",
        "results",
        "tools",
        "spreadsheet",
        "divided",
    ),
    ("load", "infer", "check", "ask", "chain", "draw", "export", "pages"),
    (
        "build",
        "removal",
        "correction",
        "session",
        "charts",
        "explorer",
        "leaves",
        "pack",
        "served",
        "editor",
        "sheets",
        "downloads",
        "operations",
        "worker",
        "service",
        "endpoint",
        "browsing",
        "asking",
        "things",
        "charting",
        "telling",
        "serve",
        "assistant",
    ),
    ("show",),
    ("options",),
    ("cli_make", "cli_change", "cli_read"),
    ("cli",),
    ("__main__",),
)
VERBS = frozenset(FLOORS[5])

# An outside library and the modules that may import it.
ROOMS = {
    "SPARQLWrapper": {"remote"},
    "anyascii": {"words"},
    "babel": {"catalogues"},
    "cyclopts": {"cli", "cli_read", "options"},
    "edtf": {"dates"},
    "filelock": {"place"},
    "fontpkg_be_vietnam_pro": {"paper"},
    "jinja2": {"template"},
    "markupsafe": {"template", "draw", "pages", "outline", "leaves", "pack"},
    "mcp": {"assistant"},
    "networkx": {"export", "hierarchy"},
    "numpy": {"dated", "hierarchy", "dataset"},
    "polars": {
        "tables",
        "cells",
        "mapping",
        "load",
        "export",
        "relations",
        "dated",
        "hierarchy",
        "dataset",
        "removals",
        "allowed",
    },
    "pyshacl": {"shapes"},
    "pyvis": {"draw"},
    "rdflib": {"shapes"},
    "reportlab": {"paper"},
    "rich": {"show"},
    "starlette": {
        "asking",
        "browsing",
        "charting",
        "endpoint",
        "protocol",
        "responses",
        "serve",
        "service",
        "telling",
        "things",
    },
    "uvicorn": {"connections", "serve"},
    "uvloop": {"serve"},
    "xlsxwriter": {"workbook"},
    "yaml": {"query"},
}
ANYWHERE = {"pyoxigraph"}
# What another library is to use: uvicorn reads HTTP by it.
BELOW = {"httptools"}

# Words of the subject that the engine must not know, in Vietnamese and English.
SUBJECT = re.compile(
    r"t[iỉ]nh [uủ]y|b[ií] th[uư]|\bsecretar|\bcommittee|\bđảng|\bcommunes?\b|\bprovinc|\bpart(?:y|ies)\b"
    r"|resolution|nq-?/?tw|lào cai|\blao[ -]cai|\bdistrict|chuyển giao|\bđảng ủy",
    re.IGNORECASE,
)


def imports(path: Path) -> set[str]:
    """Return the modules that `path` imports anywhere: at its top, in functions, for types alone, by name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by dots; write the whole name"
            if node.module == "orgline":
                found |= {f"orgline.{alias.name}" for alias in node.names if alias.name in MODULES} or {"orgline"}
            else:
                found.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "importlib.import_module"):
            found.add(ast.literal_eval(node.args[0]))
    return found


def own(path: Path) -> set[str]:
    """Return the modules of ours that `path` imports."""
    return {
        name.partition(".")[2].split(".")[0] or "__init__" for name in imports(path) if name.split(".")[0] == "orgline"
    }


def outside(path: Path) -> set[str]:
    """Return the outside libraries that `path` imports."""
    return {name.split(".")[0] for name in imports(path)} - {"orgline"} - set(sys.stdlib_module_names)


def floor(name: str) -> int:
    return next(number for number, names in enumerate(FLOORS) if name in names)


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_module_has_a_floor() -> None:
    """Each module stands on exactly one floor, and each name on a floor is a module."""
    named = [name for names in FLOORS for name in names]
    assert sorted(named) == sorted(set(named)) == sorted(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name: str) -> None:
    """A module imports from lower floors, or from its own floor what no verb is; lazy and type-only ones count."""
    for other in own(MODULES[name]):
        assert other in MODULES, f"{name} imports {other}, which is not there"
        assert floor(other) <= floor(name), f"{name} imports {other} from a higher floor"
        assert not (name in VERBS and other in VERBS), f"the verbs {name} and {other} call each other"


def test_there_is_no_circle() -> None:
    """Whoever follows imports never comes back."""
    below = {name: own(path) for name, path in MODULES.items()}
    while below:
        ground = {name for name, others in below.items() if not others & set(below)}
        assert ground, f"a circle among {sorted(below)}"
        below = {name: others for name, others in below.items() if name not in ground}


@pytest.mark.parametrize("name", MODULES)
def test_each_library_has_its_room(name: str) -> None:
    """An outside library is imported in its own room only."""
    for library in outside(MODULES[name]) - ANYWHERE:
        assert name in ROOMS.get(library, set()), f"{name} imports {library}; its room is {ROOMS.get(library)}"


def test_each_library_is_needed() -> None:
    """The libraries that are installed with orgline are those that it imports."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.match(r"[\w-]+", one).group().lower() for one in project["dependencies"]}
    used = {library for path in MODULES.values() for library in outside(path)}
    assert wanted - BELOW == {{"yaml": "pyyaml"}.get(one, one).lower().replace("_", "-") for one in used}


@pytest.mark.parametrize(
    "path", [*MODULES.values(), *sorted((ENGINE / "templates").iterdir())], ids=lambda path: path.name
)
def test_the_engine_has_no_word_of_the_subject(path: Path) -> None:
    """The engine knows nothing of committees: neither code, comments, docstrings nor templates name them."""
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SUBJECT.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["ontology", "data", "queries", "viz"])
def test_content_has_no_python(folder: str) -> None:
    """Content is Turtle, JSON, CSV, SPARQL, TOML and Markdown."""
    kinds = {path.suffix for path in (ROOT / folder).rglob("*") if path.is_file() and not path.name.startswith(".")}
    assert kinds <= {".ttl", ".json", ".csv", ".rq", ".toml", ".po", ".md", ".xlsx", ".parquet"}


@pytest.mark.parametrize("folder", ["ontology", "data", "queries", "viz"])
def test_content_is_named_in_kebab_case(folder: str) -> None:
    """Files and folders of content are words with hyphens, never numbers at the front."""
    for path in (ROOT / folder).rglob("*"):
        if path.name not in ("README.md", ".gitkeep"):
            assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", path.stem), path


def test_questions_have_names_of_their_own() -> None:
    """No two questions have the same name, whatever their theme."""
    names = [path.stem for path in (ROOT / "queries").glob("*/*.rq")]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", MODULES)
def test_public_names_have_docstrings(name: str) -> None:
    """Each module, each public class, function and method says what it is."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), name
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in [*tree.body, *(one for parent in classes for one in parent.body)]:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name}.{node.name}"


@pytest.mark.parametrize("name", MODULES)
def test_files_are_short(name: str) -> None:
    """No module has more than 300 lines."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", MODULES)
def test_functions_are_short(name: str) -> None:
    """No function has more than 60 lines."""
    for node in functions(MODULES[name]):
        assert node.end_lineno - node.lineno + 1 <= 60, f"{name}.{node.name}"


def test_contributing_draws_the_same_floors() -> None:
    """CONTRIBUTING names each module of the engine in its drawing of the house."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawing = re.search(r"## The house\n+```\n(.*?)```", text, re.DOTALL).group(1)
    assert [name for name in MODULES if name != "__init__" and not re.search(rf"\b{name}\b", drawing)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.stem)
def test_each_test_says_what_it_shows(path: Path) -> None:
    """Each test has a docstring of one sentence that states a behaviour."""
    for node in functions(path):
        if node.name.startswith("test_"):
            said = ast.get_docstring(node)
            assert said, f"{path.name}: {node.name}"
            assert said.rstrip().endswith("."), f"{path.name}: {node.name}"
