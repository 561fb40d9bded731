"""orgline: who reports to whom, since when, by which directive, and who says so.

The library: `open_build` opens a build, and its methods ask questions and walk chains; `build_content` builds a content
folder. Each name is imported when it is first used, so `import orgline` loads nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
