"""Workers: processes that answer, their pool, queue and sandbox."""
