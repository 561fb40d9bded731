"""Reads HTTP requests: parameters from the URL and the body, within bounds (SPARQL 1.1 Protocol)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from orgline.server.http.spool import ResponseAborted
from orgline.text import CannotRun, Message, Moment, RequestRefused, message_of

MAX_BODY_BYTES, BODY_SECONDS, MAX_FORM_FIELDS = 256 * 1024, 10.0, 1000
FORM_TYPE, QUERY_TYPE = "application/x-www-form-urlencoded", "application/sparql-query"
MOMENT_PARAMETERS = ("as-of", "as-known-on")
_FINGERPRINT_HEADERS = (b"accept", b"accept-encoding", b"content-type")
Parameters = dict[str, list[str]]


async def request_parameters(request: Request) -> Parameters:
    """Return the values of each parameter of the URL, and of the body of a POST, percent-decoded once.

    Raises RequestRefused: 400 for text that is not UTF-8 or a query given twice; 408, 413 or 415 for the body.
    """
    query_string = request.scope["query_string"].decode("latin-1")
    parameters = group_values(parse_form(query_string)) if query_string else {}
    if request.method != "POST":
        return parameters
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (FORM_TYPE, QUERY_TYPE):
        raise RequestRefused(415, f'Content-Type: "{media}" is not supported. Send {FORM_TYPE} or {QUERY_TYPE}.')
    body = request.scope["state"].get("body")
    body = await read_body(request) if body is None else body
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestRefused(400, "body: is not UTF-8 text. Send it as UTF-8.") from error
    if media == QUERY_TYPE:
        if "query" in parameters:
            raise RequestRefused(400, "query: is given in the URL and in the body. Give exactly one.")
        return {**parameters, "query": [text]}
    for name, values in group_values(parse_form(text)).items():
        parameters.setdefault(name, []).extend(values)
    return parameters


def request_fingerprint(request: Request) -> tuple[bytes, ...]:
    """Return all parts of a request that its answer depends on. A body must have been read into `request.state`."""
    scope = request.scope
    headers = dict(scope["headers"])
    values = (headers.get(name, b"") for name in _FINGERPRINT_HEADERS)
    return (scope["method"].encode(), scope["query_string"], scope["state"].get("body", b""), *values)


def parse_form(text: str) -> list[tuple[str, str]]:
    """Return the names and values of a URL-encoded form. Raises RequestRefused (400) for text that is not one."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except ValueError as error:
        text = "request: its parameters are not a UTF-8 form. Encode them again."
        raise RequestRefused(400, Message("wrong_form", text)) from error


def group_values(pairs: list[tuple[str, str]]) -> Parameters:
    """Return the values of each name, in order."""
    values: Parameters = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


async def read_body(request: Request) -> bytes:
    """Return the body of `request`.

    Raises RequestRefused when it is too long (413) or too slow (408), ResponseAborted when the client disconnects.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    text = f"body: is longer than {MAX_BODY_BYTES // 1024} KiB. Send less."
                    raise RequestRefused(413, Message("wrong_body_long", text, MAX_BODY_BYTES // 1024))
    except ClientDisconnect as error:
        raise ResponseAborted("request: the client has disconnected.") from error
    except TimeoutError as error:
        text = f"body: did not arrive within {BODY_SECONDS:g} s. Send it again."
        raise RequestRefused(408, Message("wrong_body_slow", text, f"{BODY_SECONDS:g}")) from error
    return bytes(body)


def first_value(parameters: Mapping[str, list[str]], name: str) -> str | None:
    """Return the first value of the parameter `name`, None if it is not given."""
    return next(iter(parameters.get(name, [])), None)


def requested_moment(parameters: Mapping[str, list[str]]) -> Moment:
    """Return the moment that the parameters of a request name. Raises RequestRefused (400) for text that is no day."""
    as_of, known_on = (first_value(parameters, name) for name in MOMENT_PARAMETERS)
    try:
        return Moment.parse(as_of, known_on, MOMENT_PARAMETERS)
    except CannotRun as error:
        raise RequestRefused(400, message_of(error)) from error
