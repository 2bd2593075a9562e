"""Data sets as integer levels: load one by name, or quantise the user's images."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
