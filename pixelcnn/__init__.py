"""Autoregressive image models: masked convolutions, exact likelihoods, sampling, introspection.

The public names below are stable. They are loaded on first use, so that a command's help or a
page's first paint does not wait for torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
