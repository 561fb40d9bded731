"""The command: what it prints, in which language and form, and how it ends."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, exchange

from orgline import __version__
from orgline.build.pipeline import run_build
from orgline.cli.app import app, main
from orgline.content.query.query_reader import read_query_files
from orgline.content.tree import Content


@pytest.fixture
def ask(hospital: Content, hospital_build: Path, run_cli):
    """Ask the hospital's build."""

    def ask_of(*arguments: str):
        return run_cli("ask", *arguments, "--content", hospital.root, "--out", hospital_build)

    return ask_of


def test_main_returns_its_exit_code(hospital: Content, capsys: pytest.CaptureFixture[str]) -> None:
    """Who calls main in a program gets a number back, whether all went well or not."""
    assert main(["list", "--content", str(hospital.root)]) == 0
    assert main(["list", "--content", "/nowhere"]) == 2
    capsys.readouterr()


def test_the_version(run_cli) -> None:
    """The version is printed."""
    ran = run_cli("--version")
    assert (ran.code, ran.out.strip()) == (0, __version__)


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_names_each_command(arguments: list[str], run_cli) -> None:
    """The help lists every command."""
    ran = run_cli(*arguments)
    assert ran.code == 0
    for command in ("build", "ask", "list", "check"):
        assert command in ran.out


@pytest.mark.parametrize("command", ["build", "ask", "list", "check"])
def test_each_command_has_help(command: str, run_cli) -> None:
    """Each command says what it does and which options it has."""
    ran = run_cli(command, "--help")
    assert ran.code == 0
    assert "--content" in ran.out


def options() -> dict[str, set[tuple[str, str]]]:
    """Return for each option of any command its types and help texts, without the hidden names of old scripts."""
    found: dict[str, set[tuple[str, str]]] = {}
    for command in app:
        if not command.startswith("-"):  # --help and --version are entries of the app too
            for argument in app[command].assemble_argument_collection(parse_docstring=True):
                for name in argument.names:
                    shown = argument.parameter.show is not False
                    if shown and name.startswith("--") and "[" not in name:  # [KEYWORD]: the parameters of a question
                        found.setdefault(name, set()).add((str(argument.hint), argument.parameter.help or ""))
    return found


def test_an_option_means_one_thing() -> None:
    """An option has one type and one help text, whichever command takes it, and none is without a help text."""
    found = options()
    assert len(found) > 20
    assert {name: meanings for name, meanings in found.items() if len(meanings) > 1} == {}
    assert [name for name, meanings in found.items() if not all(text for _, text in meanings)] == []
    # One text may hold two meanings, as "For a view: the folder": a path is a file or a folder, and no text makes an
    # exception for a command.
    for name, ((kind, text),) in found.items():
        assert "Path" not in kind or ("file" in text.lower()) != ("folder" in text.lower()), name
        assert not re.search(rf"\b(?:for|in|with) an? (?:{'|'.join(app)})\b", text, re.IGNORECASE), name


def test_no_question_has_a_parameter_named_like_an_option() -> None:
    """What is typed for an option never goes to a question, nor the other way round."""
    content = Content.find(ROOT)
    asked = {
        f"--{parameter.name}"
        for question in read_query_files([*content.questions, *content.views], content)
        for parameter in question.parameters
    }
    own = {
        name
        for command in ("ask", "view")
        for argument in app[command].assemble_argument_collection()
        for name in argument.names
    }
    assert asked
    assert asked & own == set()


def test_help_begins_with_what_a_user_needs(run_cli) -> None:
    """The help says what the command is for and where to begin, before it lists its parts."""
    text = run_cli("--help").out
    begin = text.partition("Commands")[0]
    for words in ("who reports to whom", "orgline build", "orgline list", "orgline ask"):
        assert words in " ".join(begin.split())
    assert "parses" not in text


def test_build_says_where_to_look(tree: Path, tmp_path: Path, run_cli) -> None:
    """A build ends with what it found and where to look."""
    ran = run_cli("build", "--content", tree, "--out", tmp_path / "out")
    assert ran.code == 0
    assert re.search(r"^\d+ triples \(5 inferred\); 2 questions\.$", ran.out, re.MULTILINE)
    assert str(tmp_path / "out" / "index.html") in ran.out


def test_build_graph_py_builds(tree: Path, tmp_path: Path) -> None:
    """python build_graph.py is orgline build for who has cloned."""
    command = [sys.executable, str(ROOT / "build_graph.py"), "--content", str(tree), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "out" / "index.html").is_file()


def test_build_graph_py_is_short() -> None:
    """build_graph.py has at most 12 lines."""
    assert len((ROOT / "build_graph.py").read_text(encoding="utf-8").splitlines()) <= 12


def test_an_answer_says_how_sure_it_is(ask) -> None:
    """An answer shows source, line, certainty, and which of the four answers it is."""
    ran = ask("shifts-of-a-nurse", "--nurse", "binh", "--lang", "en")
    assert ran.code == 0
    assert "Which shifts does a nurse work?" in ran.out
    for word in ("Binh Do", "Maternity", "Spring roster", "L4", "Inferred", "Answer: Inferred"):
        assert word in ran.out
    assert "The ward is not named." in ran.out


def test_an_answer_is_vietnamese_by_default(ask) -> None:
    """Without --lang an answer is in Vietnamese."""
    ran = ask("shifts-of-a-nurse", "--nurse", "binh")
    assert "Một điều dưỡng trực những ca nào?" in ran.out
    assert "Khoa Sản" in ran.out
    assert "4/3/2023" in ran.out


def test_a_contradicted_answer_says_why(ask) -> None:
    """An answer with a finding is contradicted, and the finding's sentence says why."""
    ran = ask("shifts-of-a-nurse", "--nurse", "anna tran", "--lang", "en")
    assert "Answer: Contradicted" in ran.out
    assert "Anna Tran covers Maternity and Medicine on one day." in ran.out


def test_a_stated_answer_is_stated(ask) -> None:
    """An answer whose rows are all stated is stated."""
    assert "Answer: Stated" in ask("shifts-of-a-nurse", "--nurse", "anna le", "--lang", "en").out


def test_a_question_that_no_source_answers_says_so(ask) -> None:
    """A question without rows is not stated, and names the sources that were looked at."""
    ran = ask("shifts-of-a-nurse", "--nurse", "binh", "--ward", "medicine", "--lang", "en")
    assert ran.code == 0
    assert "Not stated" in ran.out
    assert "Spring roster" in ran.out
    assert "Autumn roster" in ran.out


def test_json_is_json(ask) -> None:
    """--format json gives rows with IRIs, evidence, answer and sources."""
    said = json.loads(ask("shifts-of-a-nurse", "--nurse", "anna le", "--lang", "en", "--format", "json").out)
    assert (said["question"], said["answer"]) == ("shifts/shifts-of-a-nurse", "stated")
    (row,) = said["rows"]
    assert row["ward"] == "Intensive care"
    assert row["ward_iri"].endswith("/ward/intensive-care")
    assert (row["locator"], row["answer"]) == ("L3, L12", "stated")
    assert [(one["label"], one["issued"]) for one in said["sources"]] == [("Spring roster", "2023-03-01")]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_answer_without_rows_is_never_silent(form: str, ask) -> None:
    """JSON and CSV too say that no source answers."""
    ran = ask("shifts-of-a-nurse", "--nurse", "binh", "--ward", "medicine", "--lang", "en", "--format", form)
    assert {"json": '"answer": "not-stated"', "csv": "Not stated"}[form] in ran.out


def test_csv_is_csv(ask) -> None:
    """--format csv gives one heading row and the rows below it."""
    rows = list(csv.DictReader(io.StringIO(ask("notes-of-shifts", "--lang", "en", "--format", "csv").out)))
    assert [row["Source"] for row in rows] == ["Spring roster"]


def test_csv_is_harmless(ask) -> None:
    """A cell of an answer that a spreadsheet would take for a formula is marked as text."""
    rows = list(csv.DictReader(io.StringIO(ask("notes-of-shifts", "--lang", "en", "--format", "csv").out)))
    assert rows[0]["Note"] == "'=1+1"


def test_a_question_may_be_called_with_its_theme(ask) -> None:
    """shifts/notes-of-shifts and notes-of-shifts.rq are the same question."""
    assert ask("shifts/notes-of-shifts").out == ask("notes-of-shifts.rq").out == ask("notes-of-shifts").out


def test_list_shows_each_question(hospital: Content, run_cli) -> None:
    """The list shows each question by theme, what it asks and what it is asked of."""
    ran = run_cli("list", "--content", hospital.root, "--lang", "en")
    assert ran.code == 0
    assert "shifts-of-a-nurse --nurse [--ward]" in ran.out
    assert "Which shifts does a nurse work?" in ran.out


def test_check_lists_findings(hospital: Content, run_cli) -> None:
    """The check of sound content lists what it found, and ends well."""
    ran = run_cli("check", "--content", hospital.root, "--lang", "en")
    assert ran.code == 0
    assert "two-wards-at-once: Anna Tran covers Maternity and Medicine on one day." in ran.out


def test_check_refuses_what_build_refuses(tree: Path, run_cli) -> None:
    """The check of broken content says the same as a build."""
    exchange(tree, "data/spring-roster/shifts.csv", ",night,", ",,")
    ran = run_cli("check", "--content", tree)
    assert (ran.code, ran.out) == (1, "")
    assert "A shift has exactly one kind" in ran.err


def test_check_reads_questions_too(tree: Path, run_cli) -> None:
    """The check of a broken question says so, as a build would."""
    exchange(tree, "queries/shifts/notes-of-shifts.rq", "SELECT", "SELEKT")
    ran = run_cli("check", "--content", tree)
    assert ran.code == 1
    assert "notes-of-shifts.rq: is no SPARQL" in ran.err


def test_a_name_with_brackets_is_printed_as_it_is(tree: Path, tmp_path: Path, run_cli) -> None:
    """Square brackets in a name are words, not colours."""
    exchange(tree, "data/shared/wards.csv", "Maternity", "Maternity [red]wing[/red]")
    run_build(Content.find(tree), tmp_path / "out")
    ran = run_cli(
        "ask", "shifts-of-a-nurse", "--nurse", "binh", "--lang", "en", "--content", tree, "--out", tmp_path / "out"
    )
    assert "[red]wing[/red]" in ran.out


def test_a_pipe_that_closes_is_no_fault(hospital: Content, run_command) -> None:
    """orgline list | head ends in silence."""
    command = f"'{COMMAND[0]}' list --content '{hospital.root}' | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_of_another_encoding(hospital: Content, run_command) -> None:
    """Vietnamese is printed as UTF-8 even where the machine is set to something else."""
    ran = run_command("list", "--content", hospital.root, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert ran.code == 0, ran.err
    assert "điều dưỡng" in ran.out


def test_an_answer_is_quick(hospital: Content, hospital_build: Path) -> None:
    """Asking loads neither the library of shapes nor that of pictures."""
    code = (
        "import sys; from orgline.cli.app import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "slow = {'pyshacl', 'pyvis', 'rdflib', 'polars', 'networkx', 'SPARQLWrapper', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(slow)))"
    )
    arguments = ["ask", "notes-of-shifts", "--content", str(hospital.root), "--out", str(hospital_build)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=False, timeout=120
    )
    assert done.stderr.strip() == ""


def test_values_for_programs_are_exact(ask) -> None:
    """CSV and JSON hold numbers and dates as they stand in the graph, whatever the language; a table speaks."""
    said = {
        form: ask("shifts-of-a-nurse", "--nurse", "anna le", "--format", form).out for form in ("table", "csv", "json")
    }
    assert "8,5" in said["table"]
    assert "8.5" in said["csv"]
    assert json.loads(said["json"])["rows"][0]["hours"] == 8.5
