"""What cannot run ends with exit code 2 and a sentence that says what would have worked."""

from pathlib import Path

import pytest


@pytest.fixture
def ask(hospital, hospital_build: Path, run_cli):
    """Ask the hospital's build."""

    def ask_of(*arguments: str):
        return run_cli("ask", *arguments, "--content", hospital.root, "--out", hospital_build)

    return ask_of


def test_content_that_is_not_there(tmp_path: Path, run_cli) -> None:
    """A folder that does not exist is named, with what it should hold."""
    ran = run_cli("build", "--content", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert ran.code == 2
    assert ran.err == (
        f"{tmp_path}/nowhere: does not exist. Give --content a folder that holds ontology, data, queries, viz.\n"
    )


def test_content_without_its_folders(tmp_path: Path, run_cli) -> None:
    """A folder that is no content tree is told what it lacks."""
    (tmp_path / "data").mkdir()
    ran = run_cli("build", "--content", tmp_path, "--out", tmp_path / "out")
    assert ran.code == 2
    assert ran.err == (
        f"{tmp_path}: has no folder ontology, queries, viz. A content tree holds ontology, data, queries, viz.\n"
    )


def test_a_file_as_out(tree: Path, tmp_path: Path, run_cli) -> None:
    """A file is never replaced by a build."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    ran = run_cli("build", "--content", tree, "--out", tmp_path / "notes.txt")
    assert ran.code == 2
    assert ran.err == f"{tmp_path}/notes.txt: is a file. Give --out a folder.\n"
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_a_folder_of_other_files_as_out(tree: Path, tmp_path: Path, run_cli) -> None:
    """A folder that holds something else is never replaced by a build."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", encoding="utf-8")
    ran = run_cli("build", "--content", tree, "--out", tmp_path / "mine")
    assert ran.code == 2
    assert ran.err == (
        f"{tmp_path}/mine: holds other files. Give --out a new or empty folder, or one that a build has made.\n"
    )
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("out", [".", "/dev/null/build", "", "/"])
def test_an_impossible_out(out: str, tree: Path, tmp_path: Path, run_cli) -> None:
    """A place where no build can be is refused with a sentence, not with a stack trace."""
    here = tmp_path / "here"
    here.mkdir()
    ran = run_cli("build", "--content", tree, "--out", out, cwd=here)
    assert ran.code == 2
    assert "--out" in ran.err
    assert len(ran.lines) == 1


@pytest.mark.parametrize("base", ["no-address", "https://example.org/a b/", "https://example.org/<x>/"])
def test_a_base_that_is_no_address(base: str, tree: Path, tmp_path: Path, run_cli) -> None:
    """A base that is no IRI is refused with a sentence that shows one."""
    ran = run_cli("build", "--content", tree, "--out", tmp_path / "out", "--base", base)
    assert ran.code == 2
    assert len(ran.lines) == 1
    assert "--base" in ran.err


def test_an_unknown_command(run_cli) -> None:
    """An unknown command is said back, with the one that was probably meant."""
    ran = run_cli("biuld")
    assert ran.code == 2
    assert len(ran.lines) == 1
    assert '"biuld"' in ran.err
    assert '"build"' in ran.err


def test_an_unknown_option(run_cli, tmp_path: Path) -> None:
    """An unknown option is said back, with where to look."""
    ran = run_cli("build", "--contents", tmp_path)
    assert ran.code == 2
    assert len(ran.lines) == 1
    assert "--contents" in ran.err
    assert "orgline --help" in ran.err


def test_an_option_without_value(run_cli) -> None:
    """An option that lacks its value is named."""
    ran = run_cli("build", "--out")
    assert ran.code == 2
    assert len(ran.lines) == 1
    assert "--out" in ran.err


def test_asking_before_building(hospital, tmp_path: Path, run_cli) -> None:
    """Who asks before there is a build is told to build."""
    ran = run_cli("ask", "notes-of-shifts", "--content", hospital.root, "--out", tmp_path / "build")
    assert ran.code == 2
    assert ran.err == (
        f'{tmp_path}/build: holds no build. Run "orgline build" first, or give --out the folder of a build.\n'
    )


def test_an_unknown_question(ask) -> None:
    """A near miss of a question's name is answered with the name."""
    ran = ask("shift-of-a-nurse")
    assert (ran.code, ran.err) == (
        2,
        'ask: there is no question called "shift-of-a-nurse". Did you mean "shifts-of-a-nurse"?\n',
    )


def test_a_question_far_from_any(ask) -> None:
    """A question that resembles none is answered with where all are listed."""
    ran = ask("weather")
    assert (ran.code, ran.err) == (
        2,
        'ask: there is no question called "weather". See all with "orgline list".\n',
    )


@pytest.mark.parametrize("command", ["ask", "list", "check"])
def test_an_unknown_language(command: str, hospital, hospital_build: Path, run_cli) -> None:
    """The languages there are words for are listed."""
    more = ["notes-of-shifts", "--out", hospital_build] if command == "ask" else []
    ran = run_cli(command, *more, "--content", hospital.root, "--lang", "de")
    assert (ran.code, ran.err) == (2, '--lang: "de" is not known. Give one of vi, en.\n')


def test_an_unknown_format(ask) -> None:
    """The formats of an answer are listed."""
    ran = ask("notes-of-shifts", "--format", "xml")
    assert (ran.code, ran.err, ran.out) == (
        2,
        '--format: "xml" is not known. Give one of table, csv, json, xlsx.\n',
        "",
    )


def test_a_view_has_no_format(hospital, run_cli) -> None:
    """A view is HTML: another format is refused, not passed over."""
    ran = run_cli("view", "coverage", "--content", hospital.root, "--format", "csv")
    assert (ran.code, ran.err) == (2, "--format: a view is always written as HTML pages. Leave it out.\n")


def test_an_ambiguous_value(ask) -> None:
    """A value that fits several things lists them, in the language that was asked for."""
    ran = ask("shifts-of-a-nurse", "--nurse", "anna", "--lang", "en")
    assert (ran.code, ran.lines) == (
        2,
        [
            '--nurse: "anna" matches 2 things. Give one of these:',
            "  anna-le  (Anna Le)",
            "  anna-tran  (Anna Tran)",
        ],
    )


def test_an_unknown_value(ask) -> None:
    """A near miss of a name is answered with the name."""
    ran = ask("shifts-of-a-nurse", "--nurse", "bin do", "--lang", "en")
    assert (ran.code, ran.err) == (2, '--nurse: nothing is called "bin do". Did you mean "Binh Do"?\n')


def test_a_missing_required_parameter(ask) -> None:
    """A question that needs a parameter says which, in the language that was asked for."""
    ran = ask("shifts-of-a-nurse")
    assert (ran.code, ran.err) == (2, "--nurse: shifts-of-a-nurse needs it. Give điều dưỡng.\n")


def test_an_unknown_parameter(ask) -> None:
    """A parameter that the question does not have is answered with those it has."""
    ran = ask("shifts-of-a-nurse", "--nurse", "binh", "--wards", "maternity")
    assert (ran.code, ran.err) == (
        2,
        '--wards: shifts-of-a-nurse is not asked of that. Did you mean "ward"? It takes --nurse, --ward.\n',
    )


def test_a_build_that_cannot_be_opened(hospital, tmp_path: Path, run_cli) -> None:
    """A broken store is told of in a sentence."""
    (tmp_path / "build" / "store").mkdir(parents=True)
    ran = run_cli("ask", "notes-of-shifts", "--content", hospital.root, "--out", tmp_path / "build")
    assert ran.code == 2
    assert ran.err.startswith(f"{tmp_path}/build/store: cannot be opened (")
    assert ran.err.endswith('). Run "orgline build" again.\n')
