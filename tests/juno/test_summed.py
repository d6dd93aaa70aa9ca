"""Events with too many hits become sums per sensor: the numbers are those that NumPy gives, and nothing is lost."""

import numpy as np

from core.juno.events import MOST_HITS
from core.juno.raw.summed import sums
from core.juno.read import events, notes
from tests.juno.hit_files import lists, made_up, write_csr, write_root
from tests.juno.test_read_forms import HDF5, JUNO


def by_numpy(pmt, time_ns, charge_pe):
    """(sensors, count, charge, first, mean, standard deviation) of an event, sensor by sensor."""
    hit = np.unique(pmt)
    of = [(time_ns[pmt == p], charge_pe[pmt == p]) for p in hit]
    return (
        hit, np.array([len(t) for t, _ in of]), np.array([q.sum(dtype=float) for _, q in of]),
        np.array([t.min() for t, _ in of]), np.array([t.mean() for t, _ in of]), np.array([t.std() for t, _ in of]),
    )  # fmt: skip


def test_sums_are_those_of_numpy():
    rng = np.random.default_rng(4)
    pmt = rng.integers(0, 300, 20_000).astype(np.int32)
    pmt[pmt == 7] = 8
    time_ns = rng.exponential(200.0, len(pmt)).astype(np.float32) + np.float32(1000.0)
    charge_pe = rng.uniform(0.1, 3.0, len(pmt)).astype(np.float32)
    place, first, charge, count, mean, std = sums(pmt, time_ns, charge_pe, 300)
    hit, n, q, t1, tm, ts = by_numpy(pmt, time_ns.astype(float), charge_pe)
    np.testing.assert_array_equal(place, hit)
    np.testing.assert_array_equal(count, n)
    np.testing.assert_array_equal(first, t1.astype(np.float32))
    for ours, theirs in ((charge, q), (mean, tm), (std, ts)):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6)
    assert 7 not in place


def test_only_events_above_the_limit_are_summed(tmp_path):
    truth = made_up((50, MOST_HITS, MOST_HITS + 1, 0, 3 * MOST_HITS))
    path = write_csr(tmp_path / "a.h5", truth)
    (read,) = events(path, HDF5)
    np.testing.assert_array_equal(read.n_hits, truth.lengths)
    np.testing.assert_array_equal(read.count.lengths > 0, truth.lengths > MOST_HITS)
    for i in range(5):
        here = slice(truth.offsets[i], truth.offsets[i + 1])
        if truth.lengths[i] <= MOST_HITS:
            np.testing.assert_array_equal(read.pmt.item(i), truth.pmt[here])
            continue
        assert len(read.pmt.item(i)) == len(np.unique(truth.pmt[here])) == len(read.std_ns.item(i))
        assert read.count.item(i).sum() == truth.lengths[i]
        np.testing.assert_allclose(read.charge_pe.item(i).sum(), truth.charge_pe[here].sum(), rtol=1e-5)
        np.testing.assert_allclose(
            (read.mean_ns.item(i).astype(float) * read.count.item(i)).sum(), truth.time_ns[here].sum(), rtol=1e-5
        )
    assert "Events of more than 50,000 hits, summed up by sensor: 2." in notes(path, HDF5)


def test_sums_in_a_file_are_taken_as_they_are(tmp_path):
    truth = made_up((30, 200, 0))
    rng = np.random.default_rng(1)
    pmt = np.concatenate([truth.pmt[:30], rng.permutation(17_540)[:200]]).astype(np.int32)
    count, mean, std = (rng.integers(1, 90, 200).astype(np.int32), *rng.uniform(5.0, 50.0, (2, 200)).astype(np.float32))
    pmt[31] = 999_999  # a sensor that nobody knows, and its hits
    per_event = np.array([0, 200, 0])
    path = write_root(
        tmp_path / "a.root", truth, pmtID=lists(pmt, truth.lengths), hitCount=lists(count, per_event),
        hitMean=lists(mean, per_event), hitStd=lists(std, per_event),
    )  # fmt: skip
    (read,) = events(path, JUNO)
    good = np.arange(200) != 1
    np.testing.assert_array_equal(read.count.item(1), count[good])
    np.testing.assert_array_equal(read.mean_ns.item(1), mean[good])
    np.testing.assert_array_equal(read.std_ns.item(1), std[good])
    np.testing.assert_array_equal(read.pmt.item(1), pmt[30:][good])
    assert read.count.lengths.tolist() == [0, 199, 0]
    assert read.n_hits.tolist() == [30, count[good].sum(), 0]
    assert read.n_dropped.tolist() == [0, count[1], 0]


def test_a_million_hits_in_a_tree_are_one_entry_per_sensor(tmp_path):
    truth = made_up((1_000_000,))
    (read,) = events(write_root(tmp_path / "a.root", truth), JUNO)
    assert len(read.pmt.values) == len(np.unique(truth.pmt))
    assert read.n_hits.tolist() == [1_000_000]
    assert (read.time_ns.values <= read.mean_ns.values).all()
