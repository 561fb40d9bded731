"""Hierarchy: who is above whom and who holds what, on a day; the only wing that walks lines and finds holders."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
