"""Sentences: what goes wrong, in English, with what a catalogue needs to say the same in another language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

# The language of the sentences in this package: of errors on the command line and of descriptions for programmers.
SOURCE_LANGUAGE = "en"


class Message(str):
    """An English sentence; a catalogue has it under `key`, with {0}, {1} … where its `values` stand.

    >>> text = Message("wrong_day", 'as-of: "x" is no day.', "as-of", "x")
    >>> text, translate_message(text, {"wrong_day": "{0}: « {1} » n'est pas un jour."})
    ('as-of: "x" is no day.', "as-of: « x » n'est pas un jour.")
    """

    __slots__ = ("key", "values")
    key: str
    values: tuple[str, ...]

    def __new__(cls, key: str, text: str, *values: object) -> Self:
        """Make the sentence `text`; a value may be a sentence itself, such as a hint."""
        made = super().__new__(cls, text)
        made.key, made.values = key, tuple(one if isinstance(one, str) else str(one) for one in values)
        return made


def message_of(error: Exception) -> str:
    """Return what `error` says, as it was raised."""
    return next((one for one in error.args if isinstance(one, str)), str(error))


def translate_message(text: str, words: Mapping[str, str], names: Mapping[str, str] | None = None) -> str:
    """Return a sentence in the language of `words`, in English where that has none; `names` are for its values."""
    if not isinstance(text, Message) or text.key not in words:
        return str(text)
    values = [
        translate_message(one, words, names) if isinstance(one, Message) else (names or {}).get(one, one)
        for one in text.values
    ]
    try:
        return words[text.key].format(*values)
    except (IndexError, KeyError, ValueError, AttributeError):  # the catalogue's sentence has other places
        return str(text)


def message_to_json(text: str) -> Any:
    """Return a sentence as what JSON can hold."""
    return [text.key, str(text), *map(message_to_json, text.values)] if isinstance(text, Message) else str(text)


def message_from_json(value: Any) -> str:
    """Return the sentence that `message_to_json` made `value` of."""
    if isinstance(value, list):
        return Message(value[0], value[1], *map(message_from_json, value[2:]))
    return str(value)
