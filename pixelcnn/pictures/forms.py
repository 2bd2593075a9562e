"""The ways to read a picture."""

from typing import Literal, get_args

Form = Literal["digit", "part", "as-is"]

FORMS: tuple[Form, ...] = get_args(Form)
