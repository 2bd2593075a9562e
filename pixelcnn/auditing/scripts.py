"""What a network needs of a file that does work when it is imported, a training say."""

from __future__ import annotations

import ast

_QUIET = ("sys.path", "os.environ", "torch.set", "torch.manual_seed", "warnings", "np.random.seed")


def is_script(tree: ast.Module) -> bool:
    """Whether a file does more than to define: loops, calls, files opened at its top level."""
    for statement in tree.body:
        if isinstance(statement, ast.For | ast.While | ast.With):
            return True
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            if not _is_quiet(statement):
                return True
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and any(
            ast.unparse(call.func).endswith(("parse_args", "DataLoader", "load_dataset", "MNIST"))
            for call in calls
        ):
            return True
    return False


def _is_quiet(statement: ast.stmt) -> bool:
    """Whether it is a call that only prepares, such as `sys.path.append(...)`."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.value.func).startswith(_QUIET)
    )


def statements_for(tree: ast.Module, name: str) -> list[ast.stmt] | None:
    """The statements that define a name and all that it uses; None if it is not defined here."""
    defined: dict[str, list[int]] = {}
    for index, statement in enumerate(tree.body):
        for one in _defines(statement):
            defined.setdefault(one, []).append(index)
    if name not in defined:
        return None
    wanted, chosen = [name], set()
    while wanted:
        for index in defined.get(wanted.pop(), []):
            if index in chosen:
                continue
            chosen.add(index)
            statement = tree.body[index]
            wanted += [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return [
        statement
        for index, statement in enumerate(tree.body)
        if index in chosen
        or isinstance(statement, ast.Import | ast.ImportFrom)
        or _is_quiet(statement)
    ]


def _defines(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.For | ast.While | ast.With):
        return set()
    if isinstance(statement, ast.Expr):  # `parser.add_argument(...)` belongs to `parser`
        root: ast.AST = statement.value
        while isinstance(root, ast.Call | ast.Attribute):
            root = root.func if isinstance(root, ast.Call) else root.value
        return {root.id} if isinstance(root, ast.Name) else set()
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
