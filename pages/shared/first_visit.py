"""The first visitor of a server may come by a link to any page."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_APP = Path(__file__).parents[2] / "app.py"


def run_app() -> None:
    """Run app.py, for a file `pages/NAME.py` that stands for an address.

    Streamlit 1.67 takes any app beside a folder named `pages` for one of the older kind until
    `st.navigation` has run once: it looks for `pages/NAME.py` and runs it alone. If there were no
    such file, the first visitor by a link would get "Page not found" over the page.
    """
    # Not by `runpy`, which changes `sys` for all threads, and each session has one of its own.
    spec = spec_from_file_location("app", _APP)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(module_from_spec(spec))
