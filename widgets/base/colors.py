"""The colours of the lab, read once from `colors.json`, for Python, CSS and JavaScript.

A colour means the same on every page (Okabe-Ito, for colour-blind viewers), and each comes with a
mark: an outline, dots, a hatch or a cross.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

THEME_FILE = Path(__file__).with_name("colors.json")


@dataclass(frozen=True)
class Role:
    """The meaning of a colour: `color` (#RRGGBB), `mark` (its pattern), `label`."""

    name: str
    color: str
    mark: str
    label: str


@cache
def _theme() -> dict[str, Any]:
    theme: dict[str, Any] = json.loads(THEME_FILE.read_text(encoding="utf-8"))
    return theme


@cache
def roles() -> dict[str, Role]:
    """Every role by name, in the order of `role_index`."""
    return {name: Role(name, **fields) for name, fields in _theme()["roles"].items()}


def role(name: str) -> Role:
    """The role called `name`. Raises `ValueError` for an unknown name."""
    try:
        return roles()[name]
    except KeyError:
        raise ValueError(
            f"There is no role {name!r}. The roles are {', '.join(roles())}."
        ) from None


def role_index(name: str) -> int:
    """The index of the role `name` in a `pixel_grid` of kind "roles"."""
    return list(roles()).index(role(name).name)


def theme_script() -> str:
    """The theme as a JavaScript constant, `THEME`."""
    return f"const THEME = {json.dumps(_theme())};\n"


def theme_css() -> str:
    """The theme as CSS custom properties: `--lab-seen`, `--lab-paper`, ... on `.lab`."""
    light, dark = (_declarations(_theme()["surfaces"][mode]) for mode in ("light", "dark"))
    colors = _declarations({name: role.color for name, role in roles().items()})
    return f".lab {{ {colors} {light} }}\n.lab[data-mode='dark'] {{ {dark} }}\n"


def _declarations(values: dict[str, str]) -> str:
    return " ".join(f"--lab-{name.replace('_', '-')}: {value};" for name, value in values.items())
