"""Content: the four content folders and the build folder as files; it knows no graph store."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
