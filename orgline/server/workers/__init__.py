"""Workers: the processes that answer requests, their pool, queue, sandbox and handlers."""
