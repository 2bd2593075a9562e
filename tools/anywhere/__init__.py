"""Every way in which a teacher has the lab run, tried in a browser: `python -m tools.anywhere`.

`places` starts the lab in each of them, `checks` are what a class does there. Needs Chromium and
the packages of requirements-dev.txt; places that need a program which is missing are left out.
"""
