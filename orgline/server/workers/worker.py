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

from orgline.content import Content
from orgline.server.workers.fork_server import serve_forks
from orgline.server.workers.handlers import Handlers
from orgline.server.workers.sandbox import STACK_BYTES, confine, end_with_parent
from orgline.server.workers.wire import FAULT, READY, pack_json_frame, receive_frame
from orgline.text import OrglineError


def fork_server_main(arguments: list[str]) -> None:
    """Fork workers as told over the line with a number: that, the place and the content's folder are given."""
    control = socket.socket(fileno=int(arguments[0]))
    place, content = Path(arguments[1]), Content.find(Path(arguments[2]))
    end_with_parent()
    try:
        operations = Handlers(place, content)
    except OrglineError as error:
        serve_forks(control, partial(_report_start_failure, str(error)), lambda: None)
    else:
        serve_forks(control, partial(_worker_main, operations), operations.prepare)


def _report_start_failure(reason: str, line: socket.socket, _: int) -> None:
    """Say why there is nothing to answer from."""
    with line.makefile("wb") as answers:
        answers.write(pack_json_frame(FAULT, {"status": 503, "sentence": reason}))


def _worker_main(operations: Handlers, line: socket.socket, memory: int) -> None:
    """Open what is asked, be confined, and answer what comes over `line` until it ends."""
    end_with_parent()
    requests, answers = line.makefile("rb"), line.makefile("wb")
    try:
        operations.state.open()
    except OrglineError as error:
        answers.write(pack_json_frame(FAULT, {"status": 503, "sentence": str(error)}))
        answers.flush()
        return
    # What the engine says as it runs out of memory is no news to whoever reads the service's log.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    answers.write(pack_json_frame(READY, confine(memory)))
    answers.flush()
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=_answer_requests, args=(operations, requests, answers))
    thread.start()
    thread.join()


def _answer_requests(operations: Handlers, requests: BinaryIO, answers: BinaryIO) -> None:
    while (frame := receive_frame(requests)) is not None:
        operations.answer(json.loads(frame[1]), answers)


if __name__ == "__main__":
    fork_server_main(sys.argv[1:])
