"""Worker: a confined process that answers one request after another, forked when it is needed.

It is killed at a deadline, and replaced. It reads requests as frames from its line and answers as frames.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from functools import partial
from pathlib import Path
from typing import BinaryIO

from orgline.confine import STACK, confine, end_with_parent
from orgline.content import Content
from orgline.errors import OrglineError
from orgline.frames import FAULT, READY, packed_json, read_frame
from orgline.nursery import serve
from orgline.operations import Operations


def run(arguments: list[str]) -> None:
    """Fork workers as told over the line with a number: that, the place and the content's folder are given."""
    control = socket.socket(fileno=int(arguments[0]))
    place, content = Path(arguments[1]), Content.find(Path(arguments[2]))
    end_with_parent()
    try:
        operations = Operations(place, content)
    except OrglineError as error:
        serve(control, partial(_stillborn, str(error)), lambda: None)
    else:
        serve(control, partial(_born, operations), operations.prepare)


def _stillborn(reason: str, line: socket.socket, _: int) -> None:
    """Say why there is nothing to answer from."""
    with line.makefile("wb") as answers:
        answers.write(packed_json(FAULT, {"status": 503, "sentence": reason}))


def _born(operations: Operations, line: socket.socket, memory: int) -> None:
    """Open what is asked, be confined, and answer what comes over `line` until it ends."""
    end_with_parent()
    requests, answers = line.makefile("rb"), line.makefile("wb")
    try:
        operations.served.open()
    except OrglineError as error:
        answers.write(packed_json(FAULT, {"status": 503, "sentence": str(error)}))
        answers.flush()
        return
    # What the engine says as it runs out of memory is no news to whoever reads the service's log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    answers.write(packed_json(READY, confine(memory)))
    answers.flush()
    threading.stack_size(STACK)
    thread = threading.Thread(target=_serve, args=(operations, requests, answers))
    thread.start()
    thread.join()


def _serve(operations: Operations, requests: BinaryIO, answers: BinaryIO) -> None:
    while (frame := read_frame(requests)) is not None:
        operations.answer(json.loads(frame[1]), answers)


if __name__ == "__main__":
    run(sys.argv[1:])
