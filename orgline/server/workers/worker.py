"""The main functions of the forking process and of a worker, which answers one request after another in a sandbox.

A worker reads requests as frames from its socket, and writes answers as frames. It is killed at a deadline.
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
    """Run the forking process. `arguments`: descriptor of its control socket, what is served, the content folders."""
    control = socket.socket(fileno=int(arguments[0]))
    place, content = Path(arguments[1]), Content.find(Path(arguments[2]))
    end_with_parent()
    try:
        handlers = Handlers(place, content)
    except OrglineError as error:
        serve_forks(control, partial(_report_start_failure, str(error)), lambda: None)
    else:
        serve_forks(control, partial(_worker_main, handlers), handlers.prepare)


def _report_start_failure(reason: str, line: socket.socket, _: int) -> None:
    """Be a worker that reports why nothing can be served."""
    with line.makefile("wb") as answers:
        answers.write(pack_json_frame(FAULT, {"status": 503, "sentence": reason}))


def _worker_main(handlers: Handlers, line: socket.socket, memory: int) -> None:
    """Be a worker: open the build, enter the sandbox, and answer the requests on `line` until it is closed."""
    end_with_parent()
    requests, answers = line.makefile("rb"), line.makefile("wb")
    try:
        handlers.state.open()
    except OrglineError as error:
        answers.write(pack_json_frame(FAULT, {"status": 503, "sentence": str(error)}))
        answers.flush()
        return
    # The engine writes to standard error when it runs out of memory, which clients can cause at will.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    answers.write(pack_json_frame(READY, confine(memory)))
    answers.flush()
    # The stack of the main thread cannot grow beyond its limit; that of a new thread is what is asked for.
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=_answer_requests, args=(handlers, requests, answers))
    thread.start()
    thread.join()


def _answer_requests(handlers: Handlers, requests: BinaryIO, answers: BinaryIO) -> None:
    while (frame := receive_frame(requests)) is not None:
        handlers.answer(json.loads(frame[1]), answers)


if __name__ == "__main__":
    fork_server_main(sys.argv[1:])
