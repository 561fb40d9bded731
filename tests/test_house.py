"""The house: a wing imports only wings below it, through their faces; content and Python stay apart."""

import ast
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

from orgline.text.package import EXTRAS

ENGINE = ROOT / "orgline"
# From the ground up. `build` and `server` stand side by side: neither imports the other.
WINGS = ("text", "content", "graph", "hierarchy", "answers", "render", "build", "server", "cli")
BESIDE = {("server", "build")}
MODULES = {".".join(path.relative_to(ENGINE).with_suffix("").parts): path for path in sorted(ENGINE.rglob("*.py"))}
ROOMS = {name: path for name, path in MODULES.items() if path.name != "__init__.py"}
BENCHMARKS = {path.stem: path for path in sorted((ROOT / "bench").glob("*.py"))}
PACKAGES = [ENGINE, *sorted(path.parent for path in ENGINE.rglob("*/__init__.py"))]

# An outside library and the wings that may import it.
LIBRARIES = {
    "SPARQLWrapper": {"answers"},
    "anyascii": {"text"},
    "anyio": {"server"},
    "cachetools": {"server"},
    "cyclopts": {"cli"},
    "edtf": {"text"},
    "filelock": {"content"},
    "fontpkg_be_vietnam_pro": {"render"},
    "jinja2": {"render"},
    "markupsafe": {"render"},
    "mcp": {"cli"},
    "networkx": {"build"},
    "numpy": {"hierarchy"},
    "polars": {"content", "graph", "hierarchy", "build"},
    "polib": {"text"},
    "pyshacl": {"graph"},
    "pyvis": {"render"},
    "rdflib": {"graph"},
    "reportlab": {"render"},
    "rich": {"cli"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "uvloop": {"server"},
    "xlsxwriter": {"text"},
    "yaml": {"content"},
}
ANYWHERE = {"pyoxigraph", "lazy_loader"}
# What another library is to use: uvicorn reads HTTP by it.
BELOW = {"httptools"}

# Words of the subject that the engine must not know, in Vietnamese and English.
SUBJECT = re.compile(
    r"t[iỉ]nh [uủ]y|b[ií] th[uư]|\bsecretar|\bcommittee|\bđảng|\bcommunes?\b|\bprovinc|\bpart(?:y|ies)\b"
    r"|resolution|nq-?/?tw|lào cai|\blao[ -]cai|\bdistrict|chuyển giao|\bđảng ủy",
    re.IGNORECASE,
)


# Letters that no other language of the engine's text has.
VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Return what `path` imports anywhere (at its top, in functions, for types alone): module and names."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots; write the whole name"
            found.append((node.module or "", tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "importlib.import_module"):
            if isinstance(node.args[0], ast.Constant):
                found.append((node.args[0].value, ()))
            else:  # a test may import what a parameter names; the engine may not
                assert ENGINE not in path.parents, f"{path} imports {ast.unparse(node.args[0])}; write the name"
    return found


@cache
def face(wing: str) -> dict[str, str]:
    """Return the names on the face of `wing`, each with the module that it comes from."""
    stub = ENGINE / wing / "__init__.pyi"
    if not stub.exists():
        return {}
    return {
        alias.asname or alias.name: f"{wing}.{node.module}"
        for node in tree_of(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def wing_of(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


@cache
def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_the_engine_is_its_wings() -> None:
    """The package holds the nine wings, its own face and the command, and nothing else."""
    entries = {path.name for path in ENGINE.iterdir()} - {"__pycache__"}
    assert entries == {*WINGS, "__init__.py", "__init__.pyi", "__main__.py", "py.typed"}


def test_a_wing_imports_only_wings_below_it_through_their_faces() -> None:
    """A wing imports lower wings only, and only what stands on their faces; lazy and type-only imports count."""
    wrong = []
    for name, path in MODULES.items():
        wing = wing_of(name)
        for module, names in imports(path):
            parts = module.split(".")
            if parts[0] != "orgline" or wing not in WINGS or parts[1:2] == [wing]:
                continue
            if len(parts) != 2 or not names:
                wrong.append(f"{name} imports {module}: take it from the face of its wing")
            elif WINGS.index(parts[1]) > WINGS.index(wing) or (wing, parts[1]) in BESIDE:
                wrong.append(f"{name} imports {module}, which is no wing below it")
            else:
                wrong += [
                    f"{name}: {one} is not on the face of {parts[1]}" for one in set(names) - face(parts[1]).keys()
                ]
    assert wrong == []


def test_a_face_holds_only_what_others_use() -> None:
    """Each name on a wing's face is used outside the wing, and is no name of a module in it."""
    outside = [path for path in ROOT.rglob("*.py") if not {".venv", "build.builds"} & set(path.parts)]
    for wing in WINGS:
        used = {
            name
            for path in outside
            if ENGINE / wing not in path.parents
            for module, names in imports(path)
            if module in ("orgline", f"orgline.{wing}")
            for name in names
        }
        assert face(wing).keys() - used - root_face() == set(), wing
        rooms = {part for name in MODULES if wing_of(name) == wing for part in name.split(".")[1:]}
        assert face(wing).keys() & rooms == set(), wing


def root_face() -> set[str]:
    """Return the names on the library's own face."""
    stub = ENGINE / "__init__.pyi"
    return {alias.name for node in tree_of(stub).body if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.parametrize("folder", ["orgline", "bench"])
def test_there_is_no_circle(folder: str) -> None:
    """Whoever follows imports, through faces to the modules behind them, never comes back."""
    paths = MODULES if folder == "orgline" else BENCHMARKS
    below = {name: {one for one in named(path) if one in paths} - {name} for name, path in paths.items()}
    while below:
        ground = {name for name, others in below.items() if not others & set(below)}
        assert ground, f"a circle among {sorted(below)}"
        below = {name: others for name, others in below.items() if name not in ground}


def named(path: Path) -> set[str]:
    """Return the modules that `path` imports: those behind a face where it imports from one."""
    found = set()
    for module, names in imports(path):
        inner = module.removeprefix("orgline.")
        if inner in WINGS:
            found |= {face(inner)[name] for name in names if name in face(inner)}
        else:
            found |= {inner, *(f"{inner}.{name}" for name in names)}
    return found


def test_a_wing_is_no_corridor() -> None:
    """A package holds at most a dozen modules and sub-packages; no module name stands twice in one wing."""
    for package in PACKAGES:
        entries = [path for path in package.iterdir() if (path.suffix == ".py" and path.stem != "__init__")]
        entries += [path for path in package.iterdir() if (path / "__init__.py").exists()]
        assert len(entries) <= 12, f"{package.name}: {sorted(path.name for path in entries)}"
    stems = Counter((wing_of(name), name.rpartition(".")[2]) for name in ROOMS)
    assert [stem for stem, count in stems.items() if count > 1] == []


def test_each_wing_says_what_belongs_there() -> None:
    """The `__init__` of each wing and sub-package says in one sentence what belongs there."""
    for package in PACKAGES:
        said = ast.get_docstring(tree_of(package / "__init__.py")) or ""
        assert said.endswith(".") and len(said.split()) > 3, package.name  # noqa: PT018


def test_no_class_name_stands_twice() -> None:
    """A class name, of a class in a class too, means one thing in the whole engine."""
    classes = Counter(
        node.name for path in MODULES.values() for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in classes.items() if count > 1] == []


def test_each_library_has_its_wing() -> None:
    """An outside library is imported in its own wing only."""
    for name, path in MODULES.items():
        libraries = {module.split(".")[0] for module, _ in imports(path)} - {"orgline"} - set(sys.stdlib_module_names)
        for library in libraries - ANYWHERE:
            assert wing_of(name) in LIBRARIES.get(library, set()), f"{name} imports {library}"


def distributions(wanted: list[str]) -> set[str]:
    """Return the names in a list of requirements, in small letters with hyphens."""
    return {re.match(r"[\w-]+", one).group().lower().replace("_", "-") for one in wanted}


def test_each_library_is_needed() -> None:
    """The libraries that orgline or one of its extras installs are those that it imports, each in one list."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: distributions(project["optional-dependencies"][name]) for name in EXTRAS}
    lists = [distributions(project["dependencies"]), *extras.values()]
    used = {module.split(".")[0] for path in MODULES.values() for module, _ in imports(path)}
    used -= {"orgline", *sys.stdlib_module_names}
    assert set.union(*lists) - BELOW == distributions([{"yaml": "pyyaml"}.get(one, one) for one in used])
    assert sum(map(len, lists)) == len(set.union(*lists))
    optional = {name: distributions(list(extra.modules)) for name, extra in EXTRAS.items()}
    assert extras == optional
    assert project["optional-dependencies"]["all"] == [f"orgline[{','.join(sorted(EXTRAS))}]"]


def test_the_engine_has_no_word_of_the_subject() -> None:
    """The engine knows nothing of committees: neither code, comments, docstrings nor templates name them."""
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in [*MODULES.values(), *sorted((ENGINE / "render" / "templates").iterdir())]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SUBJECT.search(line)
    ]
    assert found == []


def strings(path: Path) -> list[ast.Constant]:
    """Return the strings in the code of `path`, without docstrings."""
    holders = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docstrings = {node.body[0].value for node in ast.walk(tree_of(path)) if isinstance(node, holders) and node.body
                  and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    found = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node for node in found if node not in docstrings]


def test_the_engine_names_no_language() -> None:
    """No code, template or query names a language or holds Vietnamese words: languages are content.

    The one exception is the language of the engine's own sentences, SOURCE_LANGUAGE.
    """
    from orgline.content import Content

    tags = "|".join(Content.find(ROOT).languages.of_data)
    named = re.compile(rf"(?:{tags})|\w+_(?:{tags})")
    found = [
        f"{name}:{node.lineno}: {node.value}"
        for name, path in MODULES.items()
        for node in strings(path)
        if named.fullmatch(node.value) or VIETNAMESE.search(node.value)
    ]
    assert [line.partition(":")[0] for line in found] == ["text.messages"], found
    in_markup = re.compile(rf"lang(?:uage)?\W+(?:{tags})\b|\"(?:{tags})\"|'(?:{tags})'")
    for path in sorted((ENGINE / "render" / "templates").iterdir()):
        assert not in_markup.findall(path.read_text(encoding="utf-8")), path.name
    in_query = re.compile(rf"@(?:{tags})\b|[\"'](?:{tags})[\"']|[?$]\w+_(?:{tags})\b")
    for path in (
        path for folder in ("queries", "ontology", "viz", "orgline") for path in (ROOT / folder).rglob("*.rq")
    ):
        code = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        assert not in_query.findall(code), path.name


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


def test_public_names_have_docstrings() -> None:
    """Each module, each public class, function and method of engine and benchmarks says what it is."""
    for name, path in {**MODULES, **BENCHMARKS}.items():
        tree = tree_of(path)
        assert ast.get_docstring(tree), name
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for node in [*tree.body, *(member for parent in classes for member in parent.body)]:
            public = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_"
            assert not public or ast.get_docstring(node), f"{name}.{node.name}"


def test_files_are_short() -> None:
    """No module of the engine or of the benchmarks has more than 300 lines."""
    modules = {**MODULES, **BENCHMARKS}
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules.items()}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_functions_are_short() -> None:
    """No function of the engine or of the benchmarks has more than 60 lines."""
    for name, path in {**MODULES, **BENCHMARKS}.items():
        for node in functions(path):
            assert node.end_lineno - node.lineno + 1 <= 60, f"{name}.{node.name}"


def test_a_variable_is_named_for_what_it_holds() -> None:
    """No variable or parameter of the engine or the benchmarks is called `one`, `said` or `told`."""
    for name, path in {**MODULES, **BENCHMARKS}.items():
        variables = {node.id for node in ast.walk(tree_of(path)) if isinstance(node, ast.Name)}
        parameters = {node.arg for node in ast.walk(tree_of(path)) if isinstance(node, ast.arg)}
        assert not {"one", "said", "told"} & (variables | parameters), name


def test_each_test_says_what_it_shows() -> None:
    """Each test has a docstring of one sentence that states a behaviour."""
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        for node in functions(path):
            if node.name.startswith("test_"):
                said = ast.get_docstring(node)
                assert said, f"{path.name}: {node.name}"
                assert said.rstrip().endswith("."), f"{path.name}: {node.name}"
