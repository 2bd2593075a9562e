"""Receptive fields, blind spots and leaks: by taps for our own models, by trying for any other."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
