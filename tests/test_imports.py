"""The arrows and bans of the house, read from the source: nothing is imported here except where said so."""

import ast
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.house_rules import (
    ARITHMETIC,
    EXPERIMENTS,
    TRAINING,
    dangers,
    experiment_names,
    html,
    imports,
    loaded_at_import,
    long_functions,
    names_that_say_nothing,
    upward_imports,
    within,
)

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE_LINES = 300
SAME_IN_EVERY_EXPERIMENT = ("experiment", "read", "features", "select", "recipe", "model", "plot", "simulate")
KNOW_THE_RECORD = ("experiment", "registry", "workflows", "commands", *EXPERIMENTS)
# What is not yet as it should be: these numbers may only get smaller.
N_NAMES_THAT_SAY_NOTHING = {"core": 1, "pages": 0, "benchmarks": 0, "tests": 0}


def room_of(path: str) -> str:
    """The folder or file right below `core` that a file is in; of other files the folder at the top."""
    parts = path.split("/")
    return parts[1].removesuffix(".py") if parts[0] == "core" else parts[0]


def foreign(tree: ast.Module, path: str) -> list[str]:
    """What an experiment must not import: the others and the registry."""
    others = [f"core.{name}" for name in EXPERIMENTS if name != room_of(path)]
    return within(imports(tree), *others, "core.registry")


RULES: dict[str, Callable[[ast.Module, str], list[str]]] = {
    "streamlit": lambda tree, _: within(imports(tree), "streamlit", "pages", "app"),
    "keras": lambda tree, _: within(loaded_at_import(tree), *TRAINING),
    "arithmetic": lambda tree, _: within(imports(tree), *TRAINING, *ARITHMETIC),
    "record": lambda tree, _: within(imports(tree), "core.experiment"),
    "upward": lambda tree, path: upward_imports(tree, room_of(path)),
    "foreign": foreign,
    "experiment": lambda tree, _: experiment_names(tree),
    "html": lambda tree, _: html(tree),
    "danger": lambda tree, _: dangers(tree),
    "long": lambda tree, _: long_functions(tree),
    "nameless": lambda tree, _: names_that_say_nothing(tree),
}


@cache
def broken() -> dict[str, dict[str, list[str]]]:
    """Rule -> file -> where the file breaks it. Every file is read once; no tree outlives it."""
    roots = ("app.py", "pages", "core", "benchmarks", "tests")
    paths = [p for root in roots for p in ([ROOT / root] if root.endswith(".py") else (ROOT / root).rglob("*.py"))]
    places: dict[str, dict[str, list[str]]] = {rule: {} for rule in (*RULES, "file")}
    for file in sorted(paths):
        path, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
        if (n_lines := text.count("\n")) > MAX_FILE_LINES:
            places["file"][path] = [f"{n_lines} lines"]
        tree = ast.parse(text)
        for rule, check in RULES.items():
            if breaches := check(tree, path):
                places[rule][path] = breaches
    return places


def offenders(rule: str, *roots: str) -> dict[str, list[str]]:
    """What breaks a rule where, by file, below the given folders; everywhere without any."""
    return {path: places for path, places in broken()[rule].items() if not roots or path.split("/")[0] in roots}


def test_core_never_imports_streamlit_or_a_page() -> None:
    assert not offenders("streamlit", "core")


def test_core_imports_keras_only_inside_functions() -> None:
    assert not {path for path in offenders("keras", "core") if not path.endswith("/layers.py")}


def test_shared_code_never_imports_or_names_an_experiment() -> None:
    places = offenders("experiment", "core")
    assert not {path: where for path, where in places.items() if room_of(path) not in (*EXPERIMENTS, "registry")}


def test_experiments_never_import_each_other_or_the_registry() -> None:
    assert not {path: where for path, where in offenders("foreign", "core").items() if room_of(path) in EXPERIMENTS}


def test_only_those_who_wire_rooms_together_know_the_whole_record() -> None:
    assert not {path for path in offenders("record", "core") if room_of(path) not in KNOW_THE_RECORD}


def test_rooms_import_only_what_stands_lower_or_beside_them() -> None:
    assert not offenders("upward", "core")


def test_every_experiment_has_the_same_files_at_the_top() -> None:
    for name in EXPERIMENTS:
        folder = ROOT / "core" / name
        if folder.is_dir():
            names = [*(f"{module}.py" for module in SAME_IN_EVERY_EXPERIMENT), "README.md"]
            assert not [name for name in names if not (folder / name).is_file()], folder


def test_a_page_holds_widgets_and_calls_only() -> None:
    for rule in ("arithmetic", "experiment", "html"):
        assert not offenders(rule, "app.py", "pages")


def test_nothing_is_evaluated_or_unpickled() -> None:
    assert not offenders("danger")


def test_files_and_functions_stay_short() -> None:
    assert not offenders("file")
    assert not offenders("long")


@pytest.mark.parametrize("folder", N_NAMES_THAT_SAY_NOTHING)
def test_variables_are_called_by_what_they_are(folder: str) -> None:
    places = offenders("nameless", folder)
    assert sum(map(len, places.values())) <= N_NAMES_THAT_SAY_NOTHING[folder], places


def test_importing_all_of_core_leaves_keras_and_streamlit_out() -> None:
    """The one test that imports: in a process of its own, everything a page or the server may load."""
    paths = [p.relative_to(ROOT).as_posix() for p in sorted((ROOT / "core").rglob("*.py"))]
    modules = [
        path.removesuffix(".py").replace("/", ".")
        for path in paths
        if not path.endswith(("/layers.py", "/__main__.py"))
    ]
    code = (
        "import importlib, sys\n"
        f"for name in {modules}: importlib.import_module(name)\n"
        f"print(sorted(set({[*TRAINING, 'streamlit']}) & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=280)
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
        (
            lambda t: within(imports(t), "core.experiment"),
            "if TYPE_CHECKING:\n    from core.experiment import Experiment",
        ),
        (lambda t: upward_imports(t, "data"), "def f():\n    from core.judge import roc"),
        (lambda t: upward_imports(t, "workspace"), "import core.statistics.roc"),
        (names_that_say_nothing, "found = 1"),
        (names_that_say_nothing, "for kept, n in pairs: pass"),
        (names_that_say_nothing, "def f(asked): pass"),
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
        (lambda t: upward_imports(t, "judge"), "from core.statistics import roc\nfrom core import workspace"),
        (lambda t: upward_imports(t, "labels"), "from core.judge import roc"),
        (names_that_say_nothing, "n_found = pulses.found"),
        (
            lambda t: within(loaded_at_import(t), "keras"),
            "def f():\n    import keras\nif TYPE_CHECKING:\n    import keras",
        ),
    ],
)
def test_the_rules_let_pass_what_they_allow(rule: object, code: str) -> None:
    assert callable(rule)
    assert not rule(ast.parse(code))
