"""Answers: one question or chain becomes an Answer, written as a table, CSV, JSON or XLSX."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
