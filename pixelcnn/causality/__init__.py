"""Receptive fields, blind spots and leaks: from taps for our models, by perturbation for others."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
