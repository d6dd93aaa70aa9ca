"""The rules of the house as functions of a parsed file: each lists where the file breaks it."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

EXPERIMENTS = ("cosine", "connie", "juno", "zdc")
NAMES_AN_EXPERIMENT = re.compile(rf"(?<![a-z])({'|'.join(EXPERIMENTS)})(?![a-z])", re.IGNORECASE)
TRAINING = {"keras", "tensorflow", "jax", "torch"}
ARITHMETIC = {"numpy", "scipy", "numba", "uproot", "awkward", "h5py", "hdf5plugin", "astropy"}
UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
FORBIDDEN_METHODS = {"eval", "read_pickle", "to_pickle", "enable_unsafe_deserialization"}
GUARDS = {"allow_pickle": False, "shell": False, "safe_mode": True, "unsafe_allow_html": False}
SAY_NOTHING = {"found", "told", "asked", "made", "kept", "one", "said", "asks", "mine"}
MAX_FUNCTION_LINES = 60
LEVELS = {
    "statistics": 0, "data": 1, "runs": 1, "selection": 2, "labels": 2, "learn": 2, "judge": 2, "figures": 2, "jobs": 2, "analysis": 3,
    **dict.fromkeys(EXPERIMENTS, 4), "experiment": 4, "registry": 5, "workflows": 6, "housekeeping": 6, "commands": 7, "serve": 7, "__main__": 8,
}  # fmt: skip


@lru_cache(maxsize=1)
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a tree, walked once for all rules in turn."""
    return tuple(ast.walk(tree))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a file."""
    for node in nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imported_by(node)


def imported_by(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of each name; `from a import b` gives `a.b`, so that submodules count."""
    start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return ((node.lineno, f"{start}{alias.name}") for alias in node.names)


def loaded_at_import(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The imports that run when the module is imported: not those in functions or under TYPE_CHECKING."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from imported_by(node)
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                waiting += node.orelse
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                waiting.append(node)


def within(imported: Iterator[tuple[int, str]], *packages: str) -> list[str]:
    """The imports that are one of the packages or lie below it."""
    return [f"line {line}: {name}" for line, name in imported if any(f"{name}.".startswith(f"{p}.") for p in packages)]


def upward_imports(tree: ast.AST, room: str) -> list[str]:
    """Imports, also under TYPE_CHECKING, of a room that stands higher than this one."""
    rooms = [(line, name, name.split(".")[1]) for line, name in imports(tree) if name.startswith("core.")]
    return [f"line {line}: {name}" for line, name, other in rooms if LEVELS.get(other, -1) > LEVELS.get(room, -1)]


def experiment_names(tree: ast.AST) -> list[str]:
    """Where a text, a name or an import names an experiment."""
    places = []
    for node in nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = [name for _, name in imported_by(node)]
        else:
            words = [v for f in ("id", "attr", "arg", "name", "value") if isinstance(v := getattr(node, f, None), str)]
        places += [f"line {node.lineno}: {word[:60]!r}" for word in words if NAMES_AN_EXPERIMENT.search(word)]
    return places


def dotted(node: ast.AST) -> str:
    """A function as it is called, such as `yaml.load`; what is not a name stands as nothing."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def dangers(tree: ast.AST) -> list[str]:
    """Whatever evaluates or unpickles text, or switches a guard off."""
    places = within(imports(tree), *UNPICKLERS, "yaml.load", "yaml.unsafe_load", "os.system")
    for node in nodes(tree):
        if not isinstance(node, ast.Call):
            continue
        function = dotted(node.func)
        if function in FORBIDDEN_CALLS or function.split(".")[-1] in FORBIDDEN_METHODS:
            places.append(f"line {node.lineno}: {function}(...)")
        for keyword in node.keywords:
            if keyword.arg in GUARDS and getattr(keyword.value, "value", None) is not GUARDS[keyword.arg]:
                places.append(f"line {node.lineno}: {keyword.arg}={ast.unparse(keyword.value)}")
    return places


def html(tree: ast.AST) -> list[str]:
    """Where a page hands over HTML of its own: the words of a user or a file must never get there. A style sheet is none."""
    sheets = {id(node.func) for node in nodes(tree) if isinstance(node, ast.Call) and _is_style_sheet(node.args)}
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in nodes(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"html", "iframe"} and id(node) not in sheets)
        or (isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html")
    ]


def _is_style_sheet(arguments: list[ast.expr]) -> bool:
    """Whether the only argument is the style sheet beside the script that shows it."""
    return [ast.unparse(argument) for argument in arguments] == ["_FILE.with_suffix('.css')"]


def long_functions(tree: ast.AST) -> list[str]:
    """Functions over the limit, docstring not counted."""
    places = []
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            n_docstring = len((ast.get_docstring(node, clean=False) or "").splitlines())
            n_lines = (node.end_lineno or node.lineno) - node.lineno + 1 - n_docstring
            if n_lines > MAX_FUNCTION_LINES:
                places.append(f"line {node.lineno}: {node.name} has {n_lines} lines")
    return places


def names_that_say_nothing(tree: ast.AST) -> list[str]:
    """Variables and arguments that are called by what was done with them, not by what they are."""
    bound = [(n.lineno, n.id) for n in nodes(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    bound += [(n.lineno, n.arg) for n in nodes(tree) if isinstance(n, ast.arg)]
    return [f"line {line}: {name}" for line, name in bound if name in SAY_NOTHING]
