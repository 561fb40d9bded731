"""Tools: the questions of the content, and the chains, as an assistant is told of them, and what it gives to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orgline.content import DAY_TYPE, QueryFile
from orgline.text import CannotRun, suggestion_for

MAX_ARGUMENT_LENGTH, MAX_LISTED_THINGS = 300, 20
MOMENT_ARGUMENTS = ("as_of", "as_known_on")
CHAIN_NAMES = ("above", "below", "why", "common")
_THING_SCHEMA = {
    "type": "string",
    "description": "A person, post, body or class of bodies; no accents needed, a part will do.",
}
_THINGS_SCHEMA = {
    "type": "array",
    "items": _THING_SCHEMA,
    "minItems": 2,
    "description": "Two or more persons, posts or bodies.",
}
_CHAIN_TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "above": ("The chain above a person, post or body, level by level, with the holders.", {"who": _THING_SCHEMA}),
    "below": ("All below a person, post or body, level by level, with the holders.", {"who": _THING_SCHEMA}),
    "why": (
        "Why one is under the other: each hop with source, date and rule.",
        {"lower": _THING_SCHEMA, "upper": _THING_SCHEMA},
    ),
    "common": ("The lowest common superior of several, and the way of each up to it.", {"units": _THINGS_SCHEMA}),
}
_LINE_TYPE_SCHEMA = {"type": "string", "description": "One type of line only, or all; else what makes a superior."}
_TEXT_SCHEMA = {"type": "string"}
_DAY_SCHEMA = {"type": "string", "format": "date"}
# Said in each of many tools, which an assistant reads all: in few words.
_COMMON_ARGUMENTS = (
    (MOMENT_ARGUMENTS[0], "The day asked of; today if not given.", _DAY_SCHEMA),
    (MOMENT_ARGUMENTS[1], "Only what was published by then.", _DAY_SCHEMA),
    ("from_row", "Where an answer that was cut goes on.", {"type": "integer", "minimum": 1}),
)
COMMON_ARGUMENT_NAMES = frozenset({"lang", *(name for name, *_ in _COMMON_ARGUMENTS)})


def question_tool(question: QueryFile, name: str, languages: Iterable[str]) -> dict[str, Any]:
    """Return `question` as a tool of an assistant, called `name`: what it says, and a JSON schema of what it takes."""
    properties = {
        one.name: {
            **(_DAY_SCHEMA if one.kind == DAY_TYPE else _TEXT_SCHEMA),
            "description": " / ".join(map(str, one.words.values())) or one.name,
        }
        for one in question.parameters
    }
    required = [one.name for one in question.parameters if one.required]
    return _tool_definition(name, question.summary, properties, required, languages)


def chain_tool(name: str, words: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the chain `name`, one of CHAINS, as a tool of an assistant, with the `words` of the pages by language."""
    said, things = _CHAIN_TOOLS[name]
    summary = {**{lang: some[f"chain_{name}"] for lang, some in words.items() if f"chain_{name}" in some}, "": said}
    return _tool_definition(name, summary, {**things, "type": _LINE_TYPE_SCHEMA}, list(things), words)


def _tool_definition(
    name: str, summary: Mapping[str, str], properties: Mapping[str, Any], required: list[str], languages: Iterable[str]
) -> dict[str, Any]:
    every = {one: {**schema, "description": said} for one, said, schema in _COMMON_ARGUMENTS}
    every["lang"] = {"type": "string", "enum": list(languages)}
    return {
        "name": name,
        "description": "\n".join(str(said) for said in summary.values()),
        "inputSchema": {
            "type": "object",
            "properties": {**properties, **every},
            "required": required,
            "additionalProperties": False,
        },
    }


def validated_arguments(name: str, arguments: Mapping[str, Any], takes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the tool `name` is given, in the order of what it takes. Raises CannotRun for what that refuses."""
    properties = takes["properties"]
    for one in arguments:
        if one not in properties:
            short = one[:MAX_ARGUMENT_LENGTH]
            may = ", ".join(properties)
            raise CannotRun(f"{short}: {name} is not asked of that.{suggestion_for(short, properties)} It takes {may}.")
    given = {one: arguments[one] for one in properties if arguments.get(one) is not None}
    for one in takes["required"]:
        if one not in given:
            raise CannotRun(f"{one}: {name} needs it. Give: {properties[one]['description']}")
    return {one: _validated_value(one, value, properties[one]) for one, value in given.items()}


def _validated_value(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    """Return `value` as it would be typed. Raises CannotRun when `schema` refuses it."""
    if schema["type"] == "array":
        if not isinstance(value, list) or not 2 <= len(value) <= MAX_LISTED_THINGS:
            raise CannotRun(f"{name}: is no list of 2 to {MAX_LISTED_THINGS}. Give the names in a list.")
        return [_validated_value(name, one, schema["items"]) for one in value]
    if schema["type"] == "integer":
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise CannotRun(f"{name}: is no row. Give a number from 1 on.")
        return value
    if not isinstance(value, str | int | float) or isinstance(value, bool) or len(str(value)) > MAX_ARGUMENT_LENGTH:
        raise CannotRun(f"{name}: is no text of at most {MAX_ARGUMENT_LENGTH} letters. Give a name or a day.")
    return str(value)
