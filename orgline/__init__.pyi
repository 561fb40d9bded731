from .text.package import __version__ as __version__
