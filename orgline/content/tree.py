"""A content tree: the folders ontology, data, queries and viz, and the files in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from orgline.content.languages import SETTINGS_FILE, Languages, read_languages
from orgline.text import CannotRun, ContentError, Problem, Translations, UnreadableFile, suggestion_for, to_nfc

FOLDERS = ("ontology", "data", "queries", "viz")
SHARED_FOLDER = "shared"
FORMER_NAMES_FOLDER = "gazetteer"
REMOVALS, CORRECTIONS = "removals", "corrections"
DEFAULT_BASE = "https://w3id.org/orgline/id/"
_PREFIX = re.compile(r'sh:prefix\s+"([^"]*)"\s*;\s*sh:namespace\s+"([^"]+)"')


@dataclass(frozen=True)
class Content:
    """A content tree; `root` is the folder that holds ontology, data, queries and viz."""

    root: Path

    @classmethod
    def find(cls, folder: Path | None = None) -> Content:
        """Return the content in `folder`; without one, that of the installed package or of the repository.

        Raises CannotRun if the folder, or one of the four in it, is missing.
        """
        if folder is None:
            package = Path(__file__).parent
            inside = package / "shipped"
            folder = inside if inside.is_dir() else package.parents[1]
        if not folder.is_dir():
            raise CannotRun(f"{folder}: does not exist. Give --content a folder that holds {', '.join(FOLDERS)}.")
        missing = [name for name in FOLDERS if not (folder / name).is_dir()]
        if missing:
            raise CannotRun(f"{folder}: has no folder {', '.join(missing)}. A content tree holds {', '.join(FOLDERS)}.")
        return cls(folder)

    def place(self, path: Path) -> str:
        """Return `path` as messages name it: relative to the root, with slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def files(self, pattern: str) -> list[Path]:
        """Return the files under the root that match `pattern`, sorted, without hidden ones (.name, ~name)."""
        return sorted(path for path in self.root.glob(pattern) if path.is_file() and not self._is_hidden(path))

    def _is_hidden(self, path: Path) -> bool:
        return any(part.startswith((".", "~")) for part in path.relative_to(self.root).parts)

    @property
    def unused_files(self) -> list[Path]:
        """The files in the four folders that nothing reads, except notes (.md): probably in the wrong place."""
        read = {*self.ontology, *self.vocabularies, *self.shapes, *self.rules, *self.table_descriptions}
        read |= {*self.data, *self.tables, *self.former_names, *self.questions, *self.checks, *self.views}
        read |= {self.register(REMOVALS), self.register(CORRECTIONS)}
        read |= {*self.files("viz/*.toml"), *self.files("viz/words/*.po"), *self.files("queries/columns.toml")}
        every = (path for folder in FOLDERS for path in self.files(f"{folder}/**/*"))
        return [path for path in every if path not in read and path.suffix != ".md"]

    @property
    def ontology(self) -> list[Path]:
        """The Turtle files of the ontology, one concept a file."""
        return self.files("ontology/*.ttl")

    @property
    def vocabularies(self) -> list[Path]:
        """The Turtle files of code lists."""
        return self.files("ontology/vocabularies/*.ttl")

    @property
    def shapes(self) -> list[Path]:
        """The Turtle files of SHACL shapes."""
        return self.files("ontology/shapes/*.ttl")

    @property
    def rules(self) -> list[Path]:
        """The rules, one CONSTRUCT a file."""
        return self.files("ontology/rules/*.rq")

    @property
    def table_descriptions(self) -> list[Path]:
        """The CSVW descriptions, one kind of table a file."""
        return self.files("ontology/tables/*.json")

    @property
    def data(self) -> list[Path]:
        """The Turtle files of data."""
        return self.files("data/**/*.ttl")

    @property
    def tables(self) -> list[Path]:
        """The CSV files of data: one folder for each source, and data/shared for the things."""
        return [path for path in self.files("data/*/*.csv") if path.parent.name != FORMER_NAMES_FOLDER]

    @property
    def former_names(self) -> list[Path]:
        """The CSV files of former names: they are used to look names up and never become triples."""
        return self.files(f"data/{FORMER_NAMES_FOLDER}/*.csv")

    def register(self, stem: str) -> Path:
        """Return the path of a register of changes to the data, data/STEM.csv; it may not exist yet."""
        return self.root / "data" / f"{stem}.csv"

    @property
    def questions(self) -> list[Path]:
        """The question files, without the checks."""
        return [path for path in self.files("queries/*/*.rq") if path.parent.name != "checks"]

    @property
    def checks(self) -> list[Path]:
        """The check files: questions of which each row is a mistake."""
        return self.files("queries/checks/*.rq")

    @property
    def views(self) -> list[Path]:
        """The view files, each a CONSTRUCT of what is drawn."""
        return self.files("viz/*.rq")

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The namespaces by prefix, as ontology/prefixes.ttl declares them.

        Raises CannotRun if the file is missing, ContentError if it declares none.
        """
        path = self.root / "ontology" / "prefixes.ttl"
        if not path.is_file():
            raise CannotRun(f"{self.place(path)}: is missing. It declares the prefixes that tables and questions use.")
        prefixes = dict(_PREFIX.findall(read_text(path, self)))
        if not prefixes:
            what = "declares no prefix"
            raise ContentError([Problem(self.place(path), what, 'Write each as sh:prefix "…" ; sh:namespace "…"')])
        return prefixes

    @cached_property
    def style(self) -> dict[str, Any]:
        """The settings of viz/style.toml: colours, shapes and legends."""
        return self._toml(self.root / "viz" / "style.toml")

    @cached_property
    def languages(self) -> Languages:
        """The languages of the pages and of the data: those of viz/languages.toml and of the catalogues."""
        path = self.root / SETTINGS_FILE
        return read_languages(self._toml(path) if path.is_file() else {}, self._catalogues)

    @cached_property
    def words(self) -> Translations:
        """The words of pages and answers by language, from the gettext catalogues viz/words/LANGUAGE.po.

        viz/languages.toml gives the order of the languages; those that it does not name follow by their code.
        """
        paths = {lang: self._catalogues[lang] for lang in self.languages.pages}
        return Translations(paths, lambda path: read_text(path, self), self.place)

    @property
    def _catalogues(self) -> dict[str, Path]:
        """The gettext catalogues by the name of the file, which is their language."""
        return {path.stem: path for path in self.files("viz/words/*.po")}

    @cached_property
    def pages(self) -> dict[str, Any]:
        """The settings of viz/pages.toml: the questions on the page of each class; empty without the file."""
        path = self.root / "viz" / "pages.toml"
        return self._toml(path) if path.is_file() else {}

    @cached_property
    def explore_settings(self) -> dict[str, Any]:
        """The settings of viz/explore.toml, which ExploreConfig reads; empty without the file."""
        path = self.root / "viz" / "explore.toml"
        return self._toml(path) if path.is_file() else {}

    @cached_property
    def abbreviations(self) -> dict[str, list[str]]:
        """The long forms by abbreviation, from viz/abbreviations.toml; empty without the file."""
        path = self.root / "viz" / "abbreviations.toml"
        return self._toml(path) if path.is_file() else {}

    @cached_property
    def about(self) -> dict[str, Any]:
        """The texts of viz/about.toml for the persons in the graph; empty without the file."""
        path = self.root / "viz" / "about.toml"
        return self._toml(path) if path.is_file() else {}

    @cached_property
    def recurring(self) -> dict[str, Any]:
        """What queries/columns.toml says: the titles of columns, and the parameters, that recur in questions."""
        path = self.root / "queries" / "columns.toml"
        return self._toml(path) if path.is_file() else {}

    def unreadable_settings(self) -> Iterator[Problem]:
        """Yield a problem for each catalogue and each file of settings that has a syntax error."""
        settings = [*self.files("viz/*.toml"), *self.files("queries/columns.toml")]
        catalogues = Translations(self._catalogues, lambda path: read_text(path, self), self.place)
        reads: list[Callable[[], object]] = [partial(self._toml, path) for path in settings]
        reads += [partial(catalogues.get, lang) for lang in catalogues]
        for read in reads:
            try:
                read()
            except UnreadableFile as error:
                yield error.problem

    def _toml(self, path: Path) -> dict[str, Any]:
        if not path.is_file():
            raise CannotRun(f"{self.place(path)}: is missing. Take the one of orgline's own content to begin with.")
        try:
            return tomllib.loads(read_text(path, self))
        except tomllib.TOMLDecodeError as error:
            raise UnreadableFile(Problem(self.place(path), f"is no TOML ({error})", "Correct that line")) from error

    def expand(self, name: str) -> str:
        """Return the IRI of `name`, a full IRI or ``prefix:local``.

        Raises KeyError, with a sentence that suggests a prefix, if the prefix is not declared.
        """
        prefix, colon, local = name.partition(":")
        if name.startswith(("http://", "https://")):
            return name
        if not colon or prefix not in self.prefixes:
            raise KeyError(f'the prefix "{prefix}:" is not declared.{suggestion_for(prefix, self.prefixes)}')
        return self.prefixes[prefix] + local


def read_text(path: Path, content: Content | None = None) -> str:
    """Return the text of a UTF-8 file in NFC, without a byte-order mark.

    Raises ContentError if the file is not UTF-8.
    """
    try:
        return to_nfc(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        place = content.place(path) if content else str(path)
        what = f"is not UTF-8 text (byte {error.start + 1})"
        raise ContentError([Problem(place, what, "Save it as UTF-8")]) from error
