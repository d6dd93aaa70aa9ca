"""The arrows and bans of the house, read from the source: nothing is imported here except where said so."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXPERIMENTS = ("cosine", "connie", "juno", "zdc")
NAMES_AN_EXPERIMENT = re.compile(rf"(?<![a-z])({'|'.join(EXPERIMENTS)})(?![a-z])", re.IGNORECASE)
TRAINING = {"keras", "tensorflow", "jax", "torch"}
ARITHMETIC = {"numpy", "scipy", "numba", "uproot", "awkward", "h5py", "hdf5plugin", "astropy"}
UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60


def sources(*roots: str) -> list[Path]:
    """Python files below the given folders (or the files themselves), in order."""
    found = [p for root in roots for p in ([ROOT / root] if root.endswith(".py") else (ROOT / root).rglob("*.py"))]
    return sorted(p for p in found if p.exists())


PAGES = sources("app.py", "pages")
CORE = sources("core")
EVERYTHING = sources("app.py", "pages", "core", "benchmarks", "tests")
SHARED = [p for p in CORE if p.relative_to(ROOT).parts[1] not in (*EXPERIMENTS, "registry.py")]


def each(paths: list[Path]) -> pytest.MarkDecorator:
    """Run a test once per file, named after it."""
    return pytest.mark.parametrize("path", paths, ids=[str(p.relative_to(ROOT)) for p in paths])


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import below a node; `from a import b` gives `a.b`, so that submodules count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def loaded_at_import(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The imports that run when the module is imported: not those in functions or under TYPE_CHECKING."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from imports(node)
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                waiting += node.orelse
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                waiting.append(node)


def within(found: Iterator[tuple[int, str]], *packages: str) -> list[str]:
    """The imports that are one of the packages or lie below it."""
    return [f"line {line}: {name}" for line, name in found if any(f"{name}.".startswith(f"{p}.") for p in packages)]


def experiment_names(tree: ast.AST) -> list[str]:
    """Where a text, a name or an import names an experiment."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = [name for _, name in imports(node)]
        else:
            words = [v for f in ("id", "attr", "arg", "name", "value") if isinstance(v := getattr(node, f, None), str)]
        found += [f"line {node.lineno}: {word[:60]!r}" for word in words if NAMES_AN_EXPERIMENT.search(word)]
    return found


def dangers(tree: ast.AST) -> list[str]:
    """Whatever evaluates or unpickles text, or switches a guard off."""
    found = within(imports(tree), *UNPICKLERS, "yaml.load", "yaml.unsafe_load", "os.system")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        forbidden = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
        if called in forbidden or called.split(".")[-1] in {
            "eval",
            "read_pickle",
            "to_pickle",
            "enable_unsafe_deserialization",
        }:
            found.append(f"line {node.lineno}: {called}(...)")
        for keyword in node.keywords:
            wrong = {"allow_pickle": True, "shell": True, "safe_mode": False, "unsafe_allow_html": True}
            if keyword.arg in wrong and getattr(keyword.value, "value", None) is not (not wrong[keyword.arg]):
                found.append(f"line {node.lineno}: {keyword.arg}={ast.unparse(keyword.value)}")
    return found


def html(tree: ast.AST) -> list[str]:
    """Where a page hands over HTML of its own: the words of a user or a file must never get there."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"html", "iframe"})
        or (isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html")
    ]


def long_functions(tree: ast.AST) -> list[str]:
    """Functions over the limit, docstring not counted."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            n_docstring = len((ast.get_docstring(node, clean=False) or "").splitlines())
            n_lines = (node.end_lineno or node.lineno) - node.lineno + 1 - n_docstring
            if n_lines > MAX_FUNCTION_LINES:
                found.append(f"line {node.lineno}: {node.name} has {n_lines} lines")
    return found


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@each(CORE)
def test_core_never_imports_streamlit_or_a_page(path: Path) -> None:
    assert not within(imports(parse(path)), "streamlit", "pages", "app")


@each([p for p in CORE if p.name != "layers.py"])
def test_core_imports_keras_only_inside_functions(path: Path) -> None:
    assert not within(loaded_at_import(parse(path)), *TRAINING)


@each(SHARED)
def test_shared_code_never_imports_or_names_an_experiment(path: Path) -> None:
    assert not experiment_names(parse(path))


@each([p for p in CORE if p not in SHARED and p.name != "registry.py"])
def test_experiments_never_import_each_other_or_the_registry(path: Path) -> None:
    own = path.relative_to(ROOT).parts[1]
    others = [f"core.{name}" for name in EXPERIMENTS if name != own]
    assert not within(imports(parse(path)), *others, "core.registry")


@each(PAGES)
def test_a_page_holds_widgets_and_calls_only(path: Path) -> None:
    tree = parse(path)
    assert not within(imports(tree), *TRAINING, *ARITHMETIC)
    assert not experiment_names(tree)
    assert not html(tree)


@each(EVERYTHING)
def test_nothing_is_evaluated_or_unpickled(path: Path) -> None:
    assert not dangers(parse(path))


@each(EVERYTHING)
def test_files_and_functions_stay_short(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MAX_FILE_LINES, f"{path.name} has {n_lines} lines"
    assert not long_functions(parse(path))


def test_importing_all_of_core_leaves_keras_and_streamlit_out() -> None:
    """The one test that imports: in a process of its own, everything a page or the server may load."""
    modules = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts) for p in CORE if p.name not in ("layers.py", "__main__.py")
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        f"print(sorted(set({[*TRAINING, 'streamlit']}) & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (dangers, "import pickle"),
        (dangers, "from joblib import load"),
        (dangers, "x = eval('1')"),
        (dangers, "table.eval('a > 1')"),
        (dangers, "np.load(path, allow_pickle=True)"),
        (dangers, "np.load(path, allow_pickle=flag)"),
        (dangers, "keras.models.load_model(path, safe_mode=False)"),
        (dangers, "import yaml\nyaml.load(text)"),
        (html, "st.markdown(text, unsafe_allow_html=True)"),
        (html, "st.html(text)"),
        (experiment_names, "from core.cosine import features"),
        (experiment_names, "import core.juno.read"),
        (experiment_names, "name = 'cosine-40k'"),
        (experiment_names, "if key == experiments.ZDC: pass"),
        (long_functions, "def f():\n" + "    x = 1\n" * 61),
        (lambda t: within(imports(t), "core.connie"), "from core import connie"),
        (lambda t: within(loaded_at_import(t), "keras"), "class A:\n    from keras import layers"),
    ],
)
def test_the_rules_catch_what_they_forbid(rule: object, code: str) -> None:
    assert callable(rule)
    assert rule(ast.parse(code))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (dangers, "np.load(path, allow_pickle=False)\nre.compile('a')\nyaml.safe_load(text)"),
        (experiment_names, "schedule = CosineDecay\ntext = 'cosines'"),
        (lambda t: within(imports(t), "core.data"), "import core.database"),
        (
            lambda t: within(loaded_at_import(t), "keras"),
            "def f():\n    import keras\nif TYPE_CHECKING:\n    import keras",
        ),
    ],
)
def test_the_rules_let_pass_what_they_allow(rule: object, code: str) -> None:
    assert callable(rule)
    assert not rule(ast.parse(code))
