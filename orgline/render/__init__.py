"""Render: everything that ends in HTML, SVG or PDF; it knows no HTTP and no process."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
