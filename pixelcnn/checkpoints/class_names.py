"""What the classes of a checkpoint are called."""

from __future__ import annotations

from collections.abc import Sequence

from pixelcnn.checkpoints.header import Card
from pixelcnn.errors import ConfigError

_LONGEST = 60


def class_names(card: Card, classes: int) -> tuple[str, ...]:
    """The names of a model's classes: those of its card, or else their numbers.

    Args:
        card: of the checkpoint, which may come from anybody: what is no name is passed over.
        classes: how many the model knows.
    """
    data = card.get("data")
    names = data.get("class_names") if isinstance(data, dict) else None
    if not isinstance(names, list) or len(names) != classes or len(set(map(str, names))) != classes:
        return tuple(map(str, range(classes)))
    return tuple(_fit(str(name)) for name in names)


def class_number(label: str, names: Sequence[str]) -> int:
    """The class that a label means: by its name, or else by its number.

    Raises:
        ConfigError: there is no such class.
    """
    if label in names:
        return list(names).index(label)
    if label.isdecimal() and int(label) < len(names):
        return int(label)
    raise ConfigError(f"There is no class {label!r}. The classes are {', '.join(names)}.")


def chosen_class(label: str | None, card: Card, classes: int) -> int | None:
    """The class that `--label` names; None for no label.

    Raises:
        ConfigError: there is no such class, or the model knows none.
    """
    if label is None:
        return None
    if not classes:
        raise ConfigError(f"--label {label} cannot be drawn: this model knows no classes.")
    return class_number(label, class_names(card, classes))


def _fit(name: str) -> str:
    """Printable, on one line, and short."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:_LONGEST]
