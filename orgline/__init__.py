"""orgline: who reports to whom, since when, by which directive, and who says so."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
