"""The W3C's SPARQL 1.0 and 1.1 test suites: fetched once into a cache, checked by a sum, read from their manifests.

They are those that the source archive of rdflib carries: nothing of them stands in this repository.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox

from orgline.server.limits.query_scanner import scan_query

RELEASE, SUM = "rdflib==7.6.0", "6c831288d5e4a5a7ece85d0ccde9877d512a3d0f02d7c06455d00d6d0ea379df"
INSIDE = "test/data/suites/w3c/"
FOLDERS = {
    "sparql10": ("dawg-data-r2", "http://www.w3.org/2001/sw/DataAccess/tests/data-r2/"),
    "sparql11": ("sparql11", "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"),
}
FORMS = {"ttl": ox.RdfFormat.TURTLE, "nt": ox.RdfFormat.N_TRIPLES, "rdf": ox.RdfFormat.RDF_XML}
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SYNTAX = {
    "PositiveSyntaxTest": 200,
    "PositiveSyntaxTest11": 200,
    "NegativeSyntaxTest": 400,
    "NegativeSyntaxTest11": 400,
}
EVALUATED = ("QueryEvaluationTest", "CSVResultFormatTest")
_ENTRIES = """PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#>
PREFIX qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#>
PREFIX dawgt: <http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#>
SELECT ?test ?kind ?query ?result
  (GROUP_CONCAT(DISTINCT COALESCE(STR(?file), "")) AS ?data)
  (GROUP_CONCAT(DISTINCT COALESCE(STR(?graph), "")) AS ?graphs)
{ ?manifest mf:entries/rdf:rest*/rdf:first ?test . ?test a ?kind ; mf:action ?action
  OPTIONAL { ?action qt:query ?inside } BIND (COALESCE(?inside, ?action) AS ?query)
  OPTIONAL { ?test mf:result ?result }
  OPTIONAL { ?action qt:data ?file }
  OPTIONAL { ?action qt:graphData ?graph }
  FILTER NOT EXISTS { ?test dawgt:approval dawgt:Withdrawn } }
GROUP BY ?test ?kind ?query ?result ORDER BY ?test"""


_FROM = re.compile(r"\bFROM\b", re.IGNORECASE)


def cache_folder(name: str) -> Path:
    """Return the folder where what tests download is kept, made if it is not there."""
    folder = Path(os.environ.get("ORGLINE_CACHE") or Path.home() / ".cache" / "orgline") / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def fetched() -> Path:
    """Return the folder of the suites, fetched if it is not there."""
    folder = cache_folder("w3c")
    suites = folder / SUM[:16]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not suites.is_dir():
            _fetch(folder, suites)
    return suites


def _fetch(folder: Path, suites: Path) -> None:
    """Download the archive with pip, check its sum, and unpack the suites."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", RELEASE.partition("=")[0], "--dest", str(folder), RELEASE]
    subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=False)
    archive = folder / f"{RELEASE.replace('==', '-')}.tar.gz"
    assert archive.is_file(), f"The W3C tests, in the archive of {RELEASE}, cannot be fetched: is there a network?"
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == SUM, f"{archive.name} is not what was pinned."
    beginning = f"{archive.name.removesuffix('.tar.gz')}/{INSIDE}"
    unpacked = suites.with_suffix(".part")
    with tarfile.open(archive) as packed:
        for one in packed:
            if one.isfile() and one.name.startswith(tuple(f"{beginning}{inside}/" for inside, _ in FOLDERS.values())):
                one.name = one.name.removeprefix(beginning)
                packed.extract(one, unpacked, filter="data")
    unpacked.rename(suites)
    archive.unlink()


def place_of(iri: str) -> Path:
    """Return the file that has the address `iri`."""
    inside, base = next(pair for pair in FOLDERS.values() if iri.startswith(pair[1]))
    return fetched() / inside / unquote(iri.removeprefix(base))


def quads_of(iri: str, graph: ox.NamedNode | ox.DefaultGraph) -> list[ox.Quad]:
    """Return what the file at `iri` says, as said in `graph`; its blank nodes are its own."""
    place = place_of(iri)
    form = FORMS[place.suffix[1:]]
    parsed = ox.parse(place.read_bytes(), form, base_iri=iri, rename_blank_nodes=True)
    return [ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in parsed]


@dataclass(frozen=True)
class Case:
    """One test of a manifest: a query, the files that are its dataset, what is expected."""

    name: str
    kind: str
    query: str
    result: str
    data: tuple[str, ...]
    graphs: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The query as it stands."""
        return place_of(self.query).read_bytes().decode("utf-8")

    @cached_property
    def own(self) -> list[str]:
        """The graphs that the query itself names as its dataset."""
        return scan_query(self.text, self.query).graphs if _FROM.search(self.text) else []


@cache
def cases(suite: str) -> list[Case]:
    """Return the tests of a suite such as "sparql11/bind", by name."""
    version, _, folder = suite.partition("/")
    base = f"{FOLDERS[version][1]}{folder}/manifest.ttl"
    store = ox.Store()
    store.extend(quads_of(base, ox.DefaultGraph()))
    found = []
    for row in store.query(_ENTRIES):
        kind = row["kind"].value.removeprefix(MF)
        if kind in SYNTAX or kind in EVALUATED:
            name = f"{suite}/{row['test'].value.rpartition('#')[2]}"
            data, graphs = (tuple(sorted(row[one].value.split())) for one in ("data", "graphs"))
            found.append(Case(name, kind, row["query"].value, getattr(row["result"], "value", ""), data, graphs))
    return found
