"""Errors that the user can act on.

Each message has one or two plain sentences: what was given, what is wrong, what to do. All are
`ValueError`s, so that a notebook can catch them without importing this module.
"""


class LabError(ValueError):
    """Base class of all errors that this library raises deliberately."""


class ConfigError(LabError):
    """An option has an invalid value."""


class DataError(LabError):
    """Images, labels or a data set do not fit."""


class CheckpointError(LabError):
    """A checkpoint file cannot be used."""


class RunError(LabError):
    """A training run cannot start or continue."""
