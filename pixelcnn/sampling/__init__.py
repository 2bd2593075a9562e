"""Sampling: one contract, several engines that return the same images for the same uniforms."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
