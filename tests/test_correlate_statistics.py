import math

import numpy as np
import pytest

from triage.correlate.accepted_clients import AcceptedRows, Claim, Claims, tie_clients
from triage.correlate.bursts import find_bursts, log10_tail
from triage.correlate.probe_noise import find_probes
from triage.logs.scanned import Coded

LAST_LINE = 10_000


def exact_tail(count, mean):
    return 1 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))


@pytest.mark.parametrize(("count", "mean"), [(1, 0.01), (3, 0.5), (10, 2.0), (20, 9.5), (40, 30.0)])
def test_poisson_tail_is_exact(count, mean):
    assert 10 ** log10_tail(count, mean) == pytest.approx(exact_tail(count, mean), rel=1e-6)


def test_poisson_tail_does_not_underflow():
    assert log10_tail(5000, 0.1) < -10_000
    assert log10_tail(3, 5) == 0


@pytest.mark.parametrize("rate", [0.02, 0.3, 2, 15, 80])
@pytest.mark.parametrize("seed", range(5))
def test_steady_noise_has_no_burst(rate, seed):
    random = np.random.default_rng(seed)
    times = np.sort(random.integers(0, 3_600_000, random.poisson(rate * 3600)))
    _, bursts = find_bursts(times, 0, 3_600_000)
    assert bursts == ()


@pytest.mark.parametrize("rate", [0.02, 2, 15])
def test_burst_on_top_of_noise_is_found_with_its_place(rate):
    random = np.random.default_rng(7)
    noise = random.integers(0, 3_600_000, random.poisson(rate * 3600))
    burst = random.integers(2_000_000, 2_006_000, 600)
    _, bursts = find_bursts(np.sort(np.concatenate((noise, burst))), 0, 3_600_000)
    assert len(bursts) == 1
    assert bursts[0].start_ms == pytest.approx(2_000_000, abs=1_000)
    assert bursts[0].end_ms == pytest.approx(2_006_000, abs=1_000)
    assert bursts[0].count >= 600


def test_two_probes_of_different_period_are_told_apart_from_a_random_visitor():
    random = np.random.default_rng(3)
    visits = [(at, "10.0.0.1") for at in range(0, 600_000, 10_000)]
    visits += [(at + int(random.integers(-200, 200)), "10.0.0.2") for at in range(3_000, 600_000, 15_000)]
    visits += [(int(at), "10.0.0.3") for at in random.integers(0, 600_000, 60)]
    visits.sort()
    probes, theirs = find_probes(np.array([at for at, _ in visits]), Coded.of(peer for _, peer in visits))
    assert {probe.peer: round(probe.period_seconds) for probe in probes} == {"10.0.0.1": 10, "10.0.0.2": 15}
    assert {peer for (_, peer), mine in zip(visits, theirs, strict=True) if mine} == {"10.0.0.1", "10.0.0.2"}


def accepted(*addresses):
    return AcceptedRows(np.array(addresses), np.arange(1, len(addresses) + 1))


@pytest.mark.parametrize(
    ("wanted", "row", "certain"),
    [
        # Both neighbours count alike: the address is not needed.
        (Claim(12, None, LAST_LINE), 2, True),
        # Used twice, but only once between the neighbours.
        (Claim(13, 2, LAST_LINE), 3, True),
        # Something without a line took id 15: 16 and 17 share one row's place.
        (Claim(16, None, LAST_LINE), 5, False),
        # The newest id and the last line close the gap.
        (Claim(20, None, LAST_LINE), 8, True),
    ],
)
def test_clients_are_tied_between_anchors(wanted, row, certain):
    rows = accepted(1, 2, 3, 2, 4, 5, 5, 6, 7)
    closed = Claims.of([Claim(10, 1, 9), Claim(14, 4, 9), Claim(19, 6, 9)])
    tie = tie_clients([wanted], closed, rows)[wanted.id]
    assert (tie.row, tie.certain) == (row, certain)


def test_stray_address_match_does_not_break_the_order():
    rows = accepted(*range(20))
    claims = [Claim(100 + at, at, LAST_LINE) for at in range(20) if at != 10]
    # A client by unix socket or from before a restart whose address is by chance that of an early line.
    claims.append(Claim(118, 1, LAST_LINE))
    ties = tie_clients([Claim(110, None, LAST_LINE)], Claims.of(claims), rows)
    assert (ties[110].row, ties[110].certain) == (10, True)


@pytest.mark.parametrize("client_id", [2**63, 10**30])
def test_an_id_that_no_server_gives_ties_to_nothing_and_breaks_nothing(client_id):
    rows = accepted(*range(20))
    closed = Claims.of([Claim(100 + at, at, LAST_LINE) for at in range(20)])
    assert tie_clients([Claim(client_id, 7, LAST_LINE), Claim(103, 3, LAST_LINE)], closed, rows)[103].row == 3
