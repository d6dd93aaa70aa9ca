"""Whether two commits give the same numbers: what the commands print over fixed data sets and runs, value by value.

`--write FOLDER --code OLD` makes FOLDER/workspace and FOLDER/inputs with the code in the folder OLD (prepares the shipped
samples, simulates more, trains small networks) and keeps what every command of `oracle_cases` answers as FOLDER/values.json;
with a workspace that is there, only the values are made anew. `--check FOLDER --code NEW` runs the same commands with the
code in NEW on a copy of that workspace and compares bit by bit; it ends with status 1 if anything differs. FOLDER is
`DARKROOM_ORACLE` where it is not given, the code the repository that this file is in.

Trainings differ from one version of a library to the next, so they are part of the fixed workspace and not of what is
compared; scores of fixed weights are compared. The workspace is as old as the commit that made it: that the code under
test reads it, or migrates it, is compared too. The data sets that AGAIN makes are compared by a digest of every column
and array.
"""

import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
IN_CHILD = HERE.with_name("oracle_child.py")
RENAMED: dict[str, str] = {}
"""Words that were renamed on purpose: key of an old answer -> key of the new one."""

VOLATILE = frozenset({"seconds", "pid", "job", "mtime_ns", "prepared_at", "created_at", "made_at"})
"""Keys whose values belong to the moment or the machine of a run, not to its result."""

ON_PURPOSE: dict[str, str] = {
    r"/answers/sources \w+/sources/\d+/path": "the fixed workspace names the shipped samples where the code lay that prepared them",
    r"/answers/refused experiment/refusal/0": "one sentence for every analysis that an experiment has not",
    r"/again/cosine simulated/sources/\d+/(file|sha256)": "a ROOT file holds the time of its making and a random identifier",
    r"/again/\w+ scores/(task|stages|resumed_from_epoch)": "a job says what its training learns and from where it was resumed",
    r"/again/data sets/again-[a-z-]+/arrays/owned/(values|lengths)": "which pixels of a crop are the row's own is stored",
}
"""Differences that are wanted: pattern of the path -> reason. They are counted apart; a changed number is never among them."""

MEASURED = ("hisparc501.root", "cosmic_rays_itl_2017.fits.gz", "ESIS3_05400.fit.gz", "ESIS3_05408.fit.gz")
"""Files of the test data (`DARKROOM_TEST_DATA`) that are read, too."""

CHILD = (
    "import importlib.util, sys; s = importlib.util.spec_from_file_location('oracle_child', sys.argv[1]); "
    "m = importlib.util.module_from_spec(s); s.loader.exec_module(m); m.run_here(sys.argv[2])"
)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, JSON text) of every value without parts; an empty list or table counts as one. Volatile keys are left out."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            if name not in VOLATILE:
                yield from leaves(inner, f"{path}/{name}")
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{path}/{number}")
    else:
        yield path, json.dumps(value)


def renamed(path: str, words: Mapping[str, str]) -> str:
    """The path of an old answer in the words of new ones."""
    return "/".join(words.get(part, part) for part in path.split("/"))


def compare(
    old: Any, new: Any, words: Mapping[str, str] = RENAMED, on_purpose: Mapping[str, str] = ON_PURPOSE
) -> dict[str, Any]:
    """`equal`: how many values have the same bits (NaN is NaN); `different`: path, old and new, None where there is none;
    `on_purpose`: how many differ for each reason.
    """
    before = {renamed(path, words): text for path, text in leaves(old)}
    after = dict(leaves(new))
    paths = [path for path in dict.fromkeys([*before, *after]) if before.get(path) != after.get(path)]
    reasons = {path: reason for path in paths for pattern, reason in on_purpose.items() if re.fullmatch(pattern, path)}
    different = [path for path in paths if path not in reasons]
    return {
        "equal": len(before.keys() | after.keys()) - len(paths),
        "different": [{"path": path, "old": before.get(path), "new": after.get(path)} for path in different],
        "on_purpose": dict(Counter(reasons.values())),
    }


class Place:
    """Where commands run: the code's folder, a workspace and the raw files of the oracle."""

    def __init__(self, code: Path, workspace: Path, inputs: Path, scratch: Path) -> None:
        self.code, self.workspace, self.inputs, self.scratch = code.resolve(), workspace, inputs, scratch

    def run(
        self, commands: Mapping[str, str], names: Mapping[str, str], *, digests: bool, migrate: bool
    ) -> dict[str, Any]:
        """`answers` and `names` of these commands, run one after the other in one process."""
        places = {"samples": str(self.code / "data_samples"), "inputs": str(self.inputs), "scratch": str(self.scratch)}
        order, out = self.scratch / "order.json", self.scratch / "answers.json"
        wanted = {"commands": dict(commands), "names": {**names, **places}, "out": str(out), "digests": digests}
        order.write_text(json.dumps({**wanted, "migrate": migrate}), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"DARKROOM_WORKSPACE": str(self.workspace), "CUDA_VISIBLE_DEVICES": "", "COLUMNS": "200"}
        arguments = [sys.executable, "-c", CHILD, str(IN_CHILD), str(order)]
        subprocess.run(arguments, cwd=self.code, env=environment, check=True)
        child_answers: dict[str, Any] = json.loads(self.neutral(out.read_text(encoding="utf-8")))
        return child_answers

    def neutral(self, text: str) -> str:
        """The same without the folders of this machine."""
        for path, word in ((self.workspace, "WORKSPACE"), (self.inputs, "INPUTS"), (self.scratch, "SCRATCH")):
            text = text.replace(str(path), word)
        return text.replace(str(self.code), "CODE")


def write(folder: Path, code: Path, parts: Sequence[str]) -> dict[str, Any]:
    """Make the workspace, unless there is one, and the values of these parts; those of others stay."""
    from benchmarks.oracle_cases import MADE

    names_file = folder / "names.json"
    if not names_file.exists():
        take_inputs(folder / "inputs")
        with tempfile.TemporaryDirectory() as scratch:
            place = Place(code, folder / "workspace", folder / "inputs", Path(scratch))
            workspace_answers = place.run(MADE, {}, digests=False, migrate=False)
        bad = {key: item for key, item in workspace_answers["answers"].items() if item.get("status") != 0}
        if bad:
            raise SystemExit(f"The workspace could not be made: {json.dumps(bad)[:2000]}")
        names_file.write_text(
            json.dumps({key: workspace_answers["names"][key] for key in MADE if workspace_answers["names"][key]})
        )
    values_file = folder / "values.json"
    before = json.loads(values_file.read_text(encoding="utf-8")) if values_file.exists() else {}
    values = {**before, **answered(folder, code, parts)}
    values_file.write_text(json.dumps(values), encoding="utf-8")
    return {"folder": str(folder), "values": sum(1 for _ in leaves(values))}


def take_inputs(inputs: Path) -> None:
    """Copy measured files and write the small ones that commands read."""
    from benchmarks.oracle_cases import PRESSURE

    inputs.mkdir(parents=True)
    data = Path(os.environ["DARKROOM_TEST_DATA"])
    for path in sorted(data.rglob("*")):
        if path.name in MEASURED:
            shutil.copy(path, inputs / path.name)
    (inputs / "pressure.csv").write_text(PRESSURE, encoding="utf-8")


def answered(folder: Path, code: Path, parts: Sequence[str]) -> dict[str, Any]:
    """What the commands answer on a copy of the workspace: name of the part -> command -> answer."""
    from benchmarks import oracle_cases

    commands = {"answers": oracle_cases.ANSWERS, "again": oracle_cases.AGAIN}
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    result = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        scratch = Path(temporary) / "scratch"
        scratch.mkdir()
        shutil.copytree(folder / "workspace", Path(temporary) / "workspace")
        place = Place(code, Path(temporary) / "workspace", folder / "inputs", scratch)
        for number, part in enumerate(parts):
            child_answers = place.run(commands[part], names, digests=part == "again", migrate=number == 0)
            result[part] = child_answers["answers"]
        end_runner(place.workspace)
    return result


def end_runner(workspace: Path) -> None:
    """End the job runner of a workspace that is about to be removed: it would make the folder anew."""
    lock = workspace / "runner.lock"
    if not lock.exists():
        return
    with lock.open("r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.kill(int(handle.read()), signal.SIGTERM)
            fcntl.flock(handle, fcntl.LOCK_EX)  # given when it has ended


def check(folder: Path, code: Path, parts: Sequence[str]) -> dict[str, Any]:
    """The comparison with the stored values."""
    values = json.loads((folder / "values.json").read_text(encoding="utf-8"))
    new = answered(folder, code, parts)
    migrated = [new[part].pop("migrate") for part in parts if "migrate" in new[part]]
    return {**compare({part: values[part] for part in parts}, new), "migrated": migrated}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("DARKROOM_ORACLE")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--write", nargs="?", const=default, type=Path, metavar="FOLDER", help="make what is compared with"
    )
    what.add_argument("--check", nargs="?", const=default, type=Path, metavar="FOLDER", help="compare with it")
    parser.add_argument("--code", type=Path, default=HERE.parents[1], help="folder of the code that runs")
    parser.add_argument(
        "--only", choices=("answers", "again"), help="answers: over the fixed workspace; again: raw files read anew"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    options = parser.parse_args()
    if options.write is None and options.check is None:
        parser.error("name the folder, or set DARKROOM_ORACLE")
    parts = [options.only] if options.only else ["answers", "again"]
    if options.write:
        print(json.dumps(write(options.write.resolve(), options.code, parts)))
        return 0
    result = check(options.check.resolve(), options.code, parts)
    if options.json:
        print(json.dumps(result))
    else:
        for item in result["different"][:200]:
            print(f"{item['path']}: {item['old']} -> {item['new']}")
        for reason, n in result["on_purpose"].items():
            print(f"{n:,} on purpose: {reason}")
        print(f"{result['equal']:,} values are equal, {len(result['different']):,} are different")
    return 1 if result["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
