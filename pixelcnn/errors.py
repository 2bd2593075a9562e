"""Errors that a person can act on.

Every message is one or two plain sentences: what was given, what is wrong with it, what to do.
All of them are `ValueError`s, so that a notebook can catch them without importing this module.
"""


class LabError(ValueError):
    """Base of every error that this library raises on purpose."""


class ConfigError(LabError):
    """An option has a value that cannot work."""


class DataError(LabError):
    """Images, labels or a data set are not what is needed."""


class CheckpointError(LabError):
    """A checkpoint file cannot be used."""


class RunError(LabError):
    """A training run cannot start or go on."""
