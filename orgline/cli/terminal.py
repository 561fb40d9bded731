"""Answers, lists and reports on the terminal; in colour, or plain where the output is not a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from rich.console import Console
from rich.control import strip_control_codes
from rich.markup import escape as _escape
from rich.table import Table

from orgline.answers import Answer, as_csv, as_json, as_table, reasons_of
from orgline.content import Content, read_query_files
from orgline.graph import NOT_STATED, Finding, Speaker, local_name

if TYPE_CHECKING:
    from orgline.build import RedactionCounts

PLAIN_WIDTH = 160  # columns of a table that goes to a file or a pipe, whose width is unknown


def escape(text: str) -> str:
    """Return `text` as rich prints it literally: markup escaped, control codes removed."""
    return _escape(strip_control_codes(text).replace("\x1b", ""))


def speaker_for(store: ox.Store, content: Content, lang: str) -> Speaker:
    """Return the Speaker that labels things of `store` in `lang` with the catalogues of `content`."""
    return Speaker(store, lang, content.words)


class _Console(Console):
    """A console that raises BrokenPipeError for a closed pipe; rich would end the process with code 1."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError instead of ending the process."""
        raise BrokenPipeError


def _console() -> Console:
    console = _Console(highlight=False)
    return console if console.is_terminal else _Console(highlight=False, width=PLAIN_WIDTH)


def show_answer(answer: Answer, speaker: Speaker, output_format: str) -> None:
    """Print `answer` as json, csv or, for any other `output_format`, a table."""
    if output_format == "json":
        print(as_json(answer, speaker))
    elif output_format == "csv":
        print(as_csv(answer, speaker), end="")
    else:
        _print_table(answer, speaker)


def _print_table(answer: Answer, speaker: Speaker) -> None:
    """Print an answer as a table with its answer and reasons; one that is not stated, with the sources searched."""
    console = _console()
    console.print(f"[bold]{escape(speaker.summary(answer.question.summary))}[/bold]")
    _print_known_on(console, answer, speaker)
    for change in answer.through:
        console.print(escape(change.sentence(speaker)), soft_wrap=True)
    if answer.answer == NOT_STATED:
        console.print(f"{escape(speaker.word(NOT_STATED))}. {escape(speaker.word('looked_at'))}:")
        for source in answer.sources:
            console.print(f"  - {escape(speaker.term(source))}")
        return
    headings, rows = as_table(answer, speaker)
    table = Table(show_lines=False)
    for heading in headings:
        table.add_column(escape(heading), overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)
    console.print(f"{escape(speaker.word('answer'))}: [bold]{escape(speaker.word(answer.answer))}[/bold]")
    for reason in reasons_of(answer, speaker):
        console.print(f"  - {escape(reason)}")


def show_reasons(answer: Answer, speaker: Speaker, sentences: Iterable[str]) -> None:
    """Print the answer to `orgline why`: a numbered sentence for each line of the chain, and the certainty."""
    console = _console()
    console.print(f"[bold]{escape(speaker.summary(answer.question.summary))}[/bold]")
    ends = (speaker.term(value) for value in answer.values.values())
    day = speaker.word("as_of").format(speaker.date(answer.moment.day.isoformat()))
    console.print(escape(f"{' → '.join(ends)}. {day}."), soft_wrap=True)
    _print_known_on(console, answer, speaker)
    for change in answer.through:
        console.print(escape(change.sentence(speaker)), soft_wrap=True)
    for number, sentence in enumerate(sentences, 1):
        console.print(f"  {number}. {escape(sentence)}", soft_wrap=True)
    if not answer.rows:
        console.print(f"{escape(speaker.word('no_way'))}. {escape(speaker.word('looked_at'))}:")
        for source in answer.sources:
            console.print(f"  - {escape(speaker.term(source))}")
    console.print(f"{escape(speaker.word('answer'))}: [bold]{escape(speaker.word(answer.answer))}[/bold]")


def _print_known_on(console: Console, answer: Answer, speaker: Speaker) -> None:
    """Print, where --as-known-on was given, its date and the sources that have no date."""
    if answer.moment.known_on is None:
        return
    day = speaker.date(answer.moment.known_on.isoformat())
    console.print(f"{escape(speaker.word('as_known_on').format(day))}.")
    if answer.undated:
        console.print(
            f"{escape(speaker.word('undated_sources'))}: {escape('; '.join(map(speaker.term, answer.undated)))}"
        )


def show_questions(content: Content, lang: str) -> None:
    """Print the questions by theme: name, parameters (optional ones in brackets) and summary."""
    console = _console()
    theme = ""
    for question in read_query_files(content.questions, content):
        if question.theme != theme:
            theme = question.theme
            console.print(f"\n[bold]{escape(theme)}[/bold]")
        options = " ".join(
            f"--{parameter.name}" if parameter.required else f"[--{parameter.name}]"
            for parameter in question.parameters
        )
        text = question.summary.get(lang) or next(iter(question.summary.values()))
        console.print(f"  {escape(question.name)} {escape(options)}")
        console.print(f"      {escape(text)}")


def show_findings(findings: Iterable[Finding], content: Content, lang: str) -> None:
    """Print the findings by source: the check, its sentence, the nodes that it is about."""
    console = _console()
    by_source: dict[str, list[Finding]] = {}
    for finding in findings:
        by_source.setdefault(", ".join(local_name(source) for source in finding.sources), []).append(finding)
    for sources, of_source in sorted(by_source.items()):
        console.print(f"\n[bold]{escape(sources or '–')}[/bold]")
        for finding in of_source:
            text = finding.sentences.get(lang) or next(iter(finding.sentences.values()))
            console.print(f"  {escape(finding.check)}: {escape(text)}")
            console.print("      " + escape(", ".join(local_name(node) for node in finding.about)))
    words = content.words[lang]
    console.print(f"{words.get('findings', 'findings')}: {sum(map(len, by_source.values()))}")


def step_printer() -> Callable[[str, float], None]:
    """Return a callback that prints a line on stderr for each step of a build: its name and seconds."""
    console = Console(stderr=True, highlight=False)

    def print_step(name: str, seconds: float) -> None:
        console.print(f"  {name:<8} {seconds:6.2f} s")

    return print_step


def show_report(report: Mapping[str, Any], out: Path) -> None:
    """Print what a build has found and where its pages are; `report` is the value of report.json."""
    console = _console()
    counts = ", ".join(f"{name} {number}" for name, number in report["counts"].items())
    console.print(f"{report['triples']} triples ({report['inferred']} inferred); {report['questions']} questions.")
    console.print(counts, soft_wrap=True)
    console.print(f"Findings: {len(report['checks']['findings'])}; see {out / 'report.json'}.")
    for note in report["notes"]:
        console.print(escape(note), soft_wrap=True)
    console.print(f"Open {out / 'index.html'} in a browser, or ask: orgline list", soft_wrap=True)


def show_removal_plan(
    label: str, forms: Iterable[str], counts: Mapping[str, RedactionCounts], others: Iterable[str]
) -> None:
    """Print what the removal of the person `label` would change in each file, and the namesakes that stay."""
    console = _console()
    console.print(f"[bold]{escape(label)}[/bold]: {escape('; '.join(forms))}", soft_wrap=True)
    for place, count in sorted(counts.items()):
        changes = (
            f"{count.rows} rows" if count.rows else "",
            f"{count.emptied} cells emptied" if count.emptied else "",
            f"the name replaced in {count.replaced}" if count.replaced else "",
            "the number of removed rows recorded" if count.noted else "",
        )
        console.print(escape(f"  {place}: {', '.join(filter(None, changes))}"), soft_wrap=True)
    for other in others:
        console.print(escape(f"  {other} bears the name too, and stays"), soft_wrap=True)
    rows = sum(count.rows for count in counts.values())
    console.print(f"{rows} rows and statements in {len(counts)} files; every earlier build is deleted.")
