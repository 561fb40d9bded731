"""What the endpoints are asked: the questions of the content with values from the graph, and the chain above a post."""

import http.client
import json
import random
import time
import urllib.error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from endpoint_graph import DAY
from endpoint_servers import Server

from orgline.content import DAY_TYPE as A_DAY
from orgline.content import QueryFile, read_query_files
from orgline.content.tree import Content

VALUES, CHAINS, TRIED, LOOKED_AT, FEW = 200, 20_000, 12, 100, 3
ORG, OL = "http://www.w3.org/ns/org#", "https://w3id.org/orgline/ns#"
ON_A_DAY = f"SELECT ?up {{{{ <{{}}> <{ORG}reportsTo>+ ?up }}}}"
BY_LINES = f"SELECT ?up {{{{ <{{}}> (^<{OL}lower>/<{OL}upper>)+ ?up }}}}"
INVENTED = "/invented-"
WAIT, QUICK, TRYING = 1.0, 0.1, 2.0


@dataclass(frozen=True)
class Asked:
    """A question as it is sent: the same text to each server, once for each value that it is asked of."""

    name: str
    texts: tuple[str, ...]
    is_of_a_day: bool


def chains(store: ox.Store) -> list[Asked]:
    """Return the chain above a post on the day, by plain shortcuts, and above it by all its lines."""
    posts = _of_class(store, f"{ORG}Post", random.Random(7))[:CHAINS]
    return [
        Asked("chain above a post on a day", tuple(ON_A_DAY.format(post.value) for post in posts), is_of_a_day=True),
        Asked("chain above a post by its lines", tuple(BY_LINES.format(post.value) for post in posts), False),
    ]


def questions(store: ox.Store) -> list[Asked]:
    """Return each question of the content, of what the graph has for its parameters."""
    content, rng = Content.find(), random.Random(7)
    asked = read_query_files(content.questions, content)
    return [
        Asked(question.name, tuple(_texts(store, content, question, rng)), question.depends_on_day)
        for question in asked
    ]


def _of_class(store: ox.Store, kind: str, rng: random.Random) -> list[ox.NamedNode]:
    """Return the things of a class by chance, those of the reports and those of the register in turns."""
    found = store.query(f"SELECT DISTINCT ?x {{ ?x a <{kind}> }}")
    assert isinstance(found, ox.QuerySolutions)
    nodes = [node for row in found if isinstance(node := row[0], ox.NamedNode)]
    parts = [sorted((node for node in nodes if (INVENTED in node.value) is made), key=str) for made in (False, True)]
    for part in parts:
        rng.shuffle(part)
    return [node for pair in zip_longest(*parts) for node in pair if node is not None]


def _texts(store: ox.Store, content: Content, question: QueryFile, rng: random.Random) -> Iterable[str]:
    """Yield the texts of a question: with values for what it must have or, of the rest, for its first parameter."""
    day = ox.Literal(DAY.isoformat(), datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date"))
    fixed = {parameter.name: [day] for parameter in question.parameters if parameter.kind == A_DAY}
    things = [parameter for parameter in question.parameters if parameter.kind != A_DAY]
    asked = [parameter for parameter in things if parameter.required] or things[:1]
    nodes = [_of_classes(store, [content.expand(kind) for kind in parameter.kind.split()], rng) for parameter in asked]
    if not asked:
        yield _plain(question.with_values(fixed))
    for values in zip(*nodes, strict=False):
        given = {parameter.name: [node] for parameter, node in zip(asked, values, strict=True)}
        yield _plain(question.with_values({**fixed, **given}))


def _of_classes(store: ox.Store, kinds: Iterable[str], rng: random.Random) -> list[ox.NamedNode]:
    """Return things of some classes, of each in turn."""
    found = zip_longest(*(_of_class(store, kind, rng) for kind in kinds))
    return list(dict.fromkeys(node for turn in found for node in turn if node is not None))[:VALUES]


def _plain(text: str) -> str:
    """Return a text without the header of its file, as the service itself gives it in its examples."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#+"))


def _told(answer: bytes) -> list[str]:
    """Return the rows of an answer, as what they say, in one order."""
    rows = json.loads(answer)["results"]["bindings"]
    return sorted(str(sorted((name, term["value"]) for name, term in row.items())) for row in rows)


def tried(servers: Sequence[Server], question: Asked) -> tuple[dict[str, Any], str]:
    """Return the seconds in which each server answers `question`, and why one of them is left out ("" if none is).

    Values are tried until one gives rows: that is asked of all, and all must say the same.
    """
    first, text, rows, began = servers[0], question.texts[0], None, time.perf_counter()
    for text in question.texts[:TRIED]:
        rows, _ = _asked(first, question, text)
        if rows or time.perf_counter() - began > TRYING:
            break
    if rows == []:
        return {}, f"no rows for {TRIED} values or within {TRYING:g} s of trying"
    answers = {server.name: _asked(server, question, text) for server in servers}
    wrong = [f"{name} {answer}" for name, (answer, _) in answers.items() if isinstance(answer, str)]
    known = [(name, answer) for name, (answer, _) in answers.items() if not isinstance(answer, str)]
    wrong += [f"{name} gives other rows" for name, answer in known if answer != known[0][1]]
    times = {name: round(seconds, 4) for name, (answer, seconds) in answers.items() if not isinstance(answer, str)}
    return {name: times[name] for name, answer in known if answer == known[0][1]}, "; ".join(wrong)


def quick(server: Server, question: Asked) -> Asked:
    """Return `question` with those of its values, of the first LOOKED_AT, for which a server does not take long."""
    kept, late = [], 0
    for text in question.texts[:LOOKED_AT]:
        began = time.perf_counter()
        try:
            server.ask(text, WAIT, is_of_a_day=question.is_of_a_day)
        except OSError:
            late += 1
        if time.perf_counter() - began < QUICK:
            kept.append(text)
        if late > FEW:
            break
    return replace(question, texts=tuple(kept))


def _asked(server: Server, question: Asked, text: str) -> tuple[list[str] | str, float]:
    """Return the rows that a server gives, or what is wrong, and the seconds it took (the better of two)."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        try:
            rows = _told(server.ask(text, WAIT, is_of_a_day=question.is_of_a_day))
        except urllib.error.HTTPError as error:
            return f"refuses ({error.code})", 0.0
        except (OSError, ValueError, http.client.HTTPException) as error:
            server.restart()
            is_late = isinstance(error, TimeoutError)
            return f"gives none within {WAIT:g} s" if is_late else "breaks off", 0.0
        times.append(time.perf_counter() - began)
    return rows, min(times)


def lines_of(server: Server, asked: Sequence[Asked], seed: int) -> list[str]:
    """Return the requests that ask `server`: the questions in turns, each text once, in another order each `seed`."""
    rng = random.Random(seed)
    turns = zip_longest(
        *([(question, text) for text in rng.sample(question.texts, len(question.texts))] for question in asked)
    )
    return [server.body(it[1], is_of_a_day=it[0].is_of_a_day) for turn in turns for it in turn if it is not None]


def write(file: Path, lines: Sequence[str]) -> None:
    """Write requests for wrk to read."""
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
