"""Fixtures for all tests: a workspace of their own, and data made by others."""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

TESTS = Path(__file__).parent
WITH_PROCESSES = (TESTS / "browser", TESTS / "jobs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of real servers, browsers and killed processes race with the machine's load: once more, named as RERUN."""
    for item in items:
        if item.path.parent in WITH_PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def _never_the_users_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point everything that a test, or a process it starts, writes to a temporary workspace."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("shared_workspace")))
        yield


@pytest.fixture(autouse=True)
def _main_stays() -> Iterator[None]:
    """Streamlit's AppTest puts its script in the place of `__main__`, which a later test's worker processes would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace for one test."""
    path = tmp_path / "workspace"
    path.mkdir()
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(path))
    return path


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """`once(name, fill)`: a folder that `fill` has filled, by whichever process of this run of the tests comes first.

    It is shared by all of them: whoever writes there takes a copy.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    shared.mkdir(exist_ok=True)

    def folder_of(name: str, fill: Callable[[Path], None]) -> Path:
        folder, is_filled = (
            shared / name,
            shared / f"{name}.filled",
        )  # not renamed: data sets know where their files lie
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_filled.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a process that failed
                folder.mkdir()
                fill(folder)
                is_filled.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """What to call when a test lacks something: it skips with the sentence, but fails under CI=true."""

    def skip_or_fail(sentence: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{sentence} (CI=true: not skipped)", pytrace=False)
        pytest.skip(sentence)

    return skip_or_fail


@pytest.fixture(scope="session")
def test_data(missing: Callable[[str], NoReturn]) -> Path:
    """The folder with data made by others (`DARKROOM_TEST_DATA`)."""
    named = os.environ.get("DARKROOM_TEST_DATA", "")
    if not named:
        missing("DARKROOM_TEST_DATA is not set: it names the folder with measured files made by others.")
    if not Path(named).is_dir():
        missing(f"DARKROOM_TEST_DATA is {named}, which is not a folder: it names the measured files made by others.")
    return Path(named).resolve()
