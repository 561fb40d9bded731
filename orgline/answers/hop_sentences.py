"""The sentences that `orgline why` gives for each hop of a chain."""

from __future__ import annotations

from collections.abc import Iterable

from orgline.answers.answer import Answer, Row, cell_term, row_reasons
from orgline.graph import Evidence, Speaker, Term


def explain_hops(answer: Answer, speaker: Speaker) -> list[str]:
    """Return a sentence for each hop: the line, its status, the rule, and what is printed where."""
    return [_explain_hop(row, speaker) for row in answer.rows]


def _explain_hop(row: Row, speaker: Speaker) -> str:
    """Return one line of a chain in words: its ends, its status, its rule, each source with the line, the reasons."""
    texts = {name: speaker.term(cell_term(row, name, speaker)) for name in row.terms}
    lower = f"{texts['lower']} ({texts['quantifier']})" if "quantifier" in texts else texts["lower"]
    parts = [speaker.word("why_hop").format(lower, texts["type"], texts["upper"])]
    parts.append(speaker.status(row.status))
    rule = texts.get("rule")
    parts.append(speaker.word("why_rule").format(rule) if rule else "")
    parts += [_quotation(claim, speaker) for claim in _distinct_evidence(row.evidence[1:] if rule else row.evidence)]
    parts.append(speaker.word(row.answer))
    sentence = "; ".join(dict.fromkeys(filter(None, parts))) + "."
    return " ".join([sentence, *row_reasons(row, speaker)])


def _distinct_evidence(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence that quotes something, and that on lines from which nothing is quoted."""
    claims = list(evidence)
    quoted = {line for claim in claims if claim.printed for line in _source_lines(claim)}
    return [claim for claim in claims if claim.printed or not _source_lines(claim) <= quoted]


def _source_lines(evidence: Evidence) -> set[tuple[Term, str]]:
    return {(source, line) for source, lines in evidence.lines.items() for line in lines or ("",)}


def _quotation(evidence: Evidence, speaker: Speaker) -> str:
    """Return what a claim quotes, with its sources and lines."""
    printed = ", ".join(f"“{text}”" for text in evidence.printed)
    places = "; ".join(_citation(source, lines, speaker) for source, lines in evidence.lines.items())
    return f"{printed} ({places})" if printed and places else places


def _citation(source: Term, lines: tuple[str, ...], speaker: Speaker) -> str:
    if not lines:
        return speaker.term(source)
    word = speaker.word("line_of_file" if len(lines) == 1 else "lines_of_file")
    return f"{speaker.term(source)}, {word.format(', '.join(lines))}"
