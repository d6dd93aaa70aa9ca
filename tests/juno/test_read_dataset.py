"""Hit lists as data sets: the sensors are kept with them, and files of other sensors are refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.data.dataset import open_dataset, read_array
from core.juno.geometry import from_arrays, rings
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare
from tests.juno.hit_files import made_up, write_parquet, write_root
from tests.juno.test_read_forms import JUNO, LIQUIDO, PARQUET

EXPERIMENT = EXPERIMENTS["juno"]


def test_liquido_becomes_a_data_set(workspace, test_data):
    del workspace
    meta = prepare(EXPERIMENT, [test_data / "pmt" / "liquido_electrons.h5"], "a", LIQUIDO)
    assert not meta["refused"]
    dataset = open_dataset("a")
    standing = from_arrays(dataset.geometry)
    assert dataset.n_rows == 100
    assert len(standing) == 12_860
    assert not standing.is_sphere
    rows = read_array(dataset, "pmt", range(100))
    assert len(rows.values) == 121_096
    np.testing.assert_array_equal(rows.lengths, dataset.column("n_hits"))


def test_files_with_other_sensors_are_refused(workspace, tmp_path):
    del workspace
    whole = rings()
    few = replace(
        whole, pmt_id=whole.pmt_id[:-9], position_m=whole.position_m[:-9], tts_ns=whole.tts_ns[:-9]
    )  # fmt: skip
    files = [
        write_root(tmp_path / f"juno_1_{i}_sim.root", made_up(seed=i), standing)
        for i, standing in enumerate((whole, whole, few))
    ]
    meta = prepare(EXPERIMENT, files, "a", JUNO)
    (refused,) = meta["refused"]
    assert refused["reason"].startswith(
        "juno_1_0_sim.root and juno_1_2_sim.root do not have the same geometry ('pmt_id' has 17,540 and 17,531 values"
    )
    assert open_dataset("a").n_rows == 8


def test_rats_table_stands_for_the_sensors_of_a_file(workspace, tmp_path, test_data):
    del workspace
    table = tmp_path / "PMTINFO.ratdb"
    table.write_bytes((test_data / "pmt" / "data_sphere_PMTINFO.ratdb").read_bytes())
    path = write_parquet(tmp_path / "hits_4.parquet", made_up(n_sensors=5586))
    prepare(EXPERIMENT, [path], "a", replace(PARQUET, table=table.name))
    standing = from_arrays(open_dataset("a").geometry)
    assert len(standing) == 5586
    assert standing.is_sphere
    assert set(open_dataset("a").column("run")) == {4}


@pytest.mark.parametrize("mapping", ["parquet", "juno"])
def test_the_command_tells_what_a_mapping_makes_of_a_file(mapping, workspace, tmp_path, capsys):
    del workspace
    path = write_parquet(tmp_path / "hits_4.parquet", made_up())
    assert main(["preview", "juno", str(path), "--mapping", mapping, "--json"]) == 0
    content = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert content["fitting_mappings"] == ["parquet"]
    assert [line["branch"] for line in content["trees"]["/"]["branches"]][:3] == ["event_id", "pdg", "energy"]
    if mapping == "juno":
        assert content["mapping_problem"].startswith("hits_4.parquet cannot be opened as a ROOT file")
        assert content["mapping_notes"] == []
    else:
        assert content["mapping_problem"] is None
        assert content["mapping_notes"] == [
            "17,540 sensors (numbers 0 to 17,539), made by rule, as neither file nor mapping has a table, on a sphere of 19.43 m.",
            "Events read first: 2, with 40 hits. Hits dropped, of unknown or water-pool sensors, without a time or without "
            "charge: 0.",
        ]


def test_a_table_of_sensors_is_no_list_of_hits(tmp_path: Path, capsys):
    (tmp_path / "pmt.csv").write_text("id,x,y,z\n", encoding="utf-8")
    assert main(["preview", "juno", str(tmp_path / "pmt.csv")]) == 2
    assert "A table of sensors is named as 'table' in the mapping of the hits." in capsys.readouterr().err
