"""Orders, trees and verdicts beside nodepy, kauri and BSeries: who can do the work, and in what time.

A peer that has no such thing is recorded as "cannot", with a look at its names that fails when that changes.
"""

import pytest
from timing import fresh, in_turns, ratio

TIMED = """
import time
{setup}
start = time.process_time()
{work}
print(time.process_time() - start)
"""
NODEPY = "from nodepy import runge_kutta_method, linear_multistep_method, rooted_trees"
KAURI = "import kauri\nfrom nodepy import runge_kutta_method"
BSERIES = "from BSeries import bs, trees"
DP5 = "\nm = runge_kutta_method.loadRKM()['DP5']"

WORK = {
    "order of dopri5 (kauri in floating point)": (
        ("import schemetools as st\nst.order(st.rk4)\nscheme = st.get('dopri5')", "assert st.order(scheme) == 5"),
        {
            "nodepy": (NODEPY + DP5, "assert m.order(mode='exact') == 5"),
            "kauri": (
                KAURI + DP5 + "\nk = kauri.RK([[float(x) for x in row] for row in m.A], [float(x) for x in m.b])",
                "assert k.order() == 5",
            ),
        },
    ),
    "all rooted trees with 10 vertices": (
        ("import schemetools as st\nst.rooted_trees", "assert len(st.rooted_trees(10)) == 719"),
        {
            "nodepy": (NODEPY, "assert len(rooted_trees.list_trees(10)) == 719"),
            "kauri": (KAURI, "assert len(list(kauri.trees_of_order(10))) == 719"),
            "BSeries": (BSERIES, "assert len(list(trees.all_trees(10))) == 719"),
        },
    ),
    "real interval of rkc1(10), which is 200": (
        ("import schemetools as st\nscheme = st.get('rkc1(10)')", "assert st.stability(scheme).real_interval == 200"),
        {
            "nodepy": (
                NODEPY + "\nm = runge_kutta_method.RKC1(10)",
                "found = m.real_stability_interval()\nassert abs(found - 200) < 1e-6, f'it answers {found:.9g}'",
            )
        },
    ),
}
ABSENT = {
    "modified equation of bdf(2)": {
        "nodepy": ("it derives none", "linear_multistep_method.LinearMultistepMethod", "modified"),
        "kauri": ("it has Runge-Kutta methods and their like only", "kauri", "multistep"),
        "BSeries": ("it has elementary weights of tableaus only", "bs", "multistep"),
    },
    "A-stability of gauss(2), decided": {
        "nodepy": ("it draws regions and has no verdict", "runge_kutta_method.RungeKuttaMethod", "a_stable"),
        "kauri": ("it has no stability functions", "kauri", "stab"),
        "BSeries": ("it has no stability functions", "bs", "stab"),
    },
}
SETUP = {"nodepy": NODEPY, "kauri": "import kauri", "BSeries": BSERIES}


@pytest.mark.parametrize(("work", "peer"), [(w, p) for w, (_, peers) in WORK.items() for p in peers])
def test_the_same_work_in_turns(work: str, peer: str, measured) -> None:
    mine, peers = WORK[work]
    ours = TIMED.format(setup=mine[0], work=mine[1])
    theirs = TIMED.format(setup=peers[peer][0], work=peers[peer][1])
    try:
        fresh(theirs)
    except RuntimeError as error:  # its last line says what came instead
        measured.cannot(f"{work}: {peer} over ours", str(error).removeprefix("AssertionError: "))
        return
    middle, spread = ratio(in_turns({"peer": lambda: fresh(theirs), "ours": lambda: fresh(ours)}, 5), "peer", "ours")
    measured(f"{work}: {peer} over ours", middle, spread=spread)


@pytest.mark.parametrize(("work", "peer"), [(w, p) for w, peers in ABSENT.items() for p in peers])
def test_what_a_peer_has_not(work: str, peer: str, measured) -> None:
    reason, where, word = ABSENT[work][peer]
    assert fresh(f"{SETUP[peer]}\nprint(sum('{word}' in name.lower() for name in dir({where})))") == 0
    measured.cannot(f"{work}: {peer} over ours", reason)
