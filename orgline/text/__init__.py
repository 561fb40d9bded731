"""Text: messages, errors, dates, media types and spreadsheet files; it knows no file of ours and no graph."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
