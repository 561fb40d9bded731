"""Definitions of the MCP tools, a question or a chain each, and the validation of their arguments."""

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
    "description": "A person, post, body or class of bodies: its name, without accents or in part.",
}
_THINGS_SCHEMA = {
    "type": "array",
    "items": _THING_SCHEMA,
    "minItems": 2,
    "description": "Two or more persons, posts or bodies.",
}
# The English summary and the arguments of each chain; other languages are in the catalogues (chain_above ...).
_CHAIN_TOOLS: dict[str, tuple[str, dict[str, Any]]] = {
    "above": ("The chain above a person, post or body, level by level, with the holders.", {"who": _THING_SCHEMA}),
    "below": ("Everyone below a person, post or body, level by level, with the holders.", {"who": _THING_SCHEMA}),
    "why": (
        "Why the one is under the other: each line between them with source, date and rule.",
        {"lower": _THING_SCHEMA, "upper": _THING_SCHEMA},
    ),
    "common": ("The lowest common superior of several, and the chain from each up to it.", {"units": _THINGS_SCHEMA}),
}
_LINE_TYPE_SCHEMA = {
    "type": "string",
    "description": "Only lines of this type, or all; default: those to a superior.",
}
_TEXT_SCHEMA = {"type": "string"}
_DAY_SCHEMA = {"type": "string", "format": "date"}
# Short, since each of some hundred tools repeats them and an assistant reads all of them.
_COMMON_ARGUMENTS = (
    (MOMENT_ARGUMENTS[0], "Date; default: today.", _DAY_SCHEMA),
    (MOMENT_ARGUMENTS[1], "Only sources published by then.", _DAY_SCHEMA),
    ("from_row", "First row to return, of an answer that was cut.", {"type": "integer", "minimum": 1}),
)
COMMON_ARGUMENT_NAMES = frozenset({"lang", *(name for name, *_ in _COMMON_ARGUMENTS)})


def question_tool(question: QueryFile, name: str, languages: Iterable[str]) -> dict[str, Any]:
    """Return `question` as the tool `name`: its summary in all languages and the JSON schema of its arguments."""
    properties = {
        parameter.name: {
            **(_DAY_SCHEMA if parameter.kind == DAY_TYPE else _TEXT_SCHEMA),
            "description": " / ".join(map(str, parameter.words.values())) or parameter.name,
        }
        for parameter in question.parameters
    }
    required = [parameter.name for parameter in question.parameters if parameter.required]
    return _tool_definition(name, question.summary, properties, required, languages)


def chain_tool(name: str, words: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the chain `name`, one of CHAIN_NAMES, as a tool; `words` are the catalogues by language."""
    english, arguments = _CHAIN_TOOLS[name]
    key = f"chain_{name}"
    summary = {**{lang: catalogue[key] for lang, catalogue in words.items() if key in catalogue}, "": english}
    return _tool_definition(name, summary, {**arguments, "type": _LINE_TYPE_SCHEMA}, list(arguments), words)


def _tool_definition(
    name: str, summary: Mapping[str, str], properties: Mapping[str, Any], required: list[str], languages: Iterable[str]
) -> dict[str, Any]:
    """Return a tool as MCP describes it: the question's own arguments and the common ones, as JSON Schema."""
    common = {argument: {**schema, "description": text} for argument, text, schema in _COMMON_ARGUMENTS}
    common["lang"] = {"type": "string", "enum": list(languages)}
    return {
        "name": name,
        "description": "\n".join(map(str, summary.values())),
        "inputSchema": {
            "type": "object",
            "properties": {**properties, **common},
            "required": required,
            "additionalProperties": False,
        },
    }


def validated_arguments(name: str, arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `arguments` of the tool `name` that are not null, in the order of its `schema`.

    Raises CannotRun for an argument that the schema does not have, one that it requires and one that it refuses.
    """
    properties = schema["properties"]
    for argument in arguments:
        if argument not in properties:
            short = argument[:MAX_ARGUMENT_LENGTH]
            hint = suggestion_for(short, properties)
            raise CannotRun(f"{short}: {name} has no such argument.{hint} It takes {', '.join(properties)}.")
    given = {argument: arguments[argument] for argument in properties if arguments.get(argument) is not None}
    for argument in schema["required"]:
        if argument not in given:
            raise CannotRun(f"{argument}: {name} needs it. Give: {properties[argument]['description']}")
    return {argument: _validated_value(argument, value, properties[argument]) for argument, value in given.items()}


def _validated_value(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    """Return `value` as it would be typed on the command line. Raises CannotRun when `schema` refuses it."""
    if schema["type"] == "array":
        if not isinstance(value, list) or not 2 <= len(value) <= MAX_LISTED_THINGS:
            raise CannotRun(f"{name}: is not a list of 2 to {MAX_LISTED_THINGS} items. Give the names in a list.")
        return [_validated_value(name, item, schema["items"]) for item in value]
    if schema["type"] == "integer":
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise CannotRun(f"{name}: is not a row number. Give a number from 1 on.")
        return value
    if not isinstance(value, str | int | float) or isinstance(value, bool) or len(str(value)) > MAX_ARGUMENT_LENGTH:
        raise CannotRun(f"{name}: is not a text of at most {MAX_ARGUMENT_LENGTH} characters. Give a name or a date.")
    return str(value)
