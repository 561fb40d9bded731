"""Messages: error sentences in English that a catalogue can give in another language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

# The language of the sentences in this package: of errors on the command line and of descriptions for programmers.
SOURCE_LANGUAGE = "en"


class Message(str):
    """An English sentence with the `key` of its translations and the `values` of their placeholders {0}, {1} ….

    It is a str, so that it passes through exceptions and logs as any other message.

    >>> text = Message("wrong_day", 'as-of: "x" is no day.', "as-of", "x")
    >>> text, translate_message(text, {"wrong_day": "{0}: « {1} » n'est pas un jour."})
    ('as-of: "x" is no day.', "as-of: « x » n'est pas un jour.")
    """

    __slots__ = ("key", "values")
    key: str
    values: tuple[str, ...]

    def __new__(cls, key: str, text: str, *values: object) -> Self:
        """Return the sentence `text`; a value may itself be a Message, such as a hint."""
        message = super().__new__(cls, text)
        message.key, message.values = key, tuple(value if isinstance(value, str) else str(value) for value in values)
        return message


def message_of(error: Exception) -> str:
    """Return the message with which `error` was raised, a Message if it was one: ``str(error)`` loses its key."""
    return next((argument for argument in error.args if isinstance(argument, str)), str(error))


def translate_message(text: str, words: Mapping[str, str], names: Mapping[str, str] | None = None) -> str:
    """Return `text` in the language of `words` (by key), in English where it has no key or `words` lacks it.

    `names` replaces values, such as an option, by what a page calls them.
    """
    if not isinstance(text, Message) or text.key not in words:
        return str(text)
    values = [
        translate_message(value, words, names) if isinstance(value, Message) else (names or {}).get(value, value)
        for value in text.values
    ]
    try:
        return words[text.key].format(*values)
    except (IndexError, KeyError, ValueError, AttributeError):  # the translation has other placeholders
        return str(text)


def message_to_json(text: str) -> Any:
    """Return a message as JSON: [key, English text, value …], a plain string where it has no key."""
    return [text.key, str(text), *map(message_to_json, text.values)] if isinstance(text, Message) else str(text)


def message_from_json(value: Any) -> str:
    """Return the message of which `message_to_json` made `value`."""
    if isinstance(value, list):
        return Message(value[0], value[1], *map(message_from_json, value[2:]))
    return str(value)
