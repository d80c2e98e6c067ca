"""Runge-Kutta-Nystrom methods for equations of second order."""

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Rational, sqrt

from schemetools.exact import canonical
from schemetools.schemes.registry import SECOND_ORDER, entry
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom


def _numbers(text: str) -> list[Rational]:
    return [Rational(x) for x in text.split()]


def _method(A: str, b: str, b_prime: str, c: str, *, pair: Sequence[str] = (), A_prime: str | None = None) -> Any:
    """A method from texts: rows of A split by semicolons, its first row, which is empty, left out."""
    rows = {"A": A, "A_prime": A_prime}
    found = {key: None if text is None else [[], *map(_numbers, text.split(";"))] for key, text in rows.items()}
    hats = dict(zip(("b_hat", "b_prime_hat"), map(_numbers, pair), strict=False))
    return RungeKuttaNystrom(
        found["A"], _numbers(b), _numbers(b_prime), _numbers(c), A_prime=found["A_prime"], **hats
    )  # fmt: skip


@entry(reference="stoermer1907; verlet1967; hairer2006, section I.1.4", kind=SECOND_ORDER)
def stoermer() -> RungeKuttaNystrom:
    """The Stoermer-Verlet method for q'' = f(q), velocity form: order two, symplectic, symmetric."""
    return _method("1/2", "1/2 0", "1/2 1/2", "0 1")


@entry(reference="nystrom1925; hairer1993, section II.14", kind=SECOND_ORDER)
def rkn4_velocity() -> RungeKuttaNystrom:
    """Nystrom's method of order four for q'' = f(q, q'): rk4 applied to the equation of second order."""
    return _method(
        "1/8; 1/8 0; 0 0 1/2", "1/6 1/6 1/6 0", "1/6 1/3 1/3 1/6", "0 1/2 1/2 1", A_prime="1/2; 0 1/2; 0 0 1"
    )


@entry(reference="nystrom1925; hairer1993, section II.14", kind=SECOND_ORDER)
def rkn4() -> RungeKuttaNystrom:
    """The method of order four for q'' = f(q) with three stages."""
    return _method("1/8; 0 1/2", "1/6 1/3 0", "1/6 2/3 1/6", "0 1/2 1")


@entry(reference="nystrom1925; hairer1993, section II.14", kind=SECOND_ORDER)
def rkn5() -> RungeKuttaNystrom:
    """Nystrom's method of order five for q'' = f(q) with four stages."""
    return _method(
        "1/50; -1/27 7/27; 3/10 -2/35 9/35",
        "1/24 25/84 9/56 0", "1/24 125/336 27/56 5/48", "0 1/5 2/3 1",
    )  # fmt: skip


@entry(reference="dormand1987families", kind=SECOND_ORDER)
def dprkn4() -> RungeKuttaNystrom:
    """The pair RKN4(3)4FM of Dormand, El-Mikkawy and Prince for q'' = f(q), order four with an embedded third."""
    return _method(
        "1/32; 7/1000 119/500; 1/14 8/27 25/189",
        "1/14 8/27 25/189 0", "1/14 32/81 250/567 5/54", "0 1/4 7/10 1",
        pair=("-7/150 67/150 3/20 -1/20", "13/21 -20/27 275/189 -1/3"),
    )  # fmt: skip


@entry(reference="bettis1973", kind=SECOND_ORDER)
def dprkn5() -> RungeKuttaNystrom:
    """The pair RKN5(4) of Bettis for q'' = f(q), order five with an embedded fourth; OrdinaryDiffEq's DPRKN5."""
    return _method(
        "1/128; 1/96 1/48; 1/24 0 1/12; 9/128 0 9/64 9/128; 7/90 0 4/15 1/15 4/45",
        "7/90 0 4/15 1/15 4/45 0", "7/90 0 16/45 2/15 16/45 7/90", "0 1/8 1/4 1/2 3/4 1",
        pair=("1/6 0 0 1/3 0 0", "0 0 2/3 -1/3 2/3 0"),
    )  # fmt: skip


@entry(reference="dormand1987families", kind=SECOND_ORDER, aliases=("rkn64",))
def dprkn6fm() -> RungeKuttaNystrom:
    """The pair RKN6(4)6FM of Dormand, El-Mikkawy and Prince for q'' = f(q), order six with an embedded fourth."""
    return _method(
        "1/200; -1/2200 1/22; 637/6600 -7/110 7/33; 225437/1968750 -30073/281250 65569/281250 -9367/984375;"
        "151/2142 5/116 385/1368 55/168 -6250/28101",
        "151/2142 5/116 385/1368 55/168 -6250/28101 0",
        "151/2142 25/522 275/684 275/252 -78125/112404 1/12",
        "0 1/10 3/10 7/10 17/25 1",
        pair=(
            "1349/157500 7873/50000 192199/900000 521683/2100000 -16/125 0",
            "1349/157500 7873/45000 27457/90000 521683/630000 -2/5 1/12",
        ),
    )  # fmt: skip


@entry(reference="dormand1987triples", kind=SECOND_ORDER)
def dprkn6() -> RungeKuttaNystrom:
    """The pair RKN6(4)6FD of Dormand and Prince for q'' = f(q), order six, in QQ(sqrt(8581))."""
    R = sqrt(8581)

    def over(below: int, plain: int, root: int = 0) -> Expr:
        return canonical((plain + root * R) / below)

    third, fourth = over(409622616, 84119543, 366727), over(409622616, 84119543, -366727)
    b = [Rational(329, 4212), 0, third, fourth, Rational(200, 17901)]
    A = [
        [],
        [over(810000, 26131, -209)],
        [over(607500, 26131, -209), over(303750, 26131, -209)],
        [
            over(11694469921875, 980403512254, 7781688431),
            over(11694469921875, -1262884486208, -15385481287),
            over(46777879687500, 7166233891441, 78694563299),
        ],
        [
            over(27040000, -9 * 329260, -9 * 3181),
            over(13520000, 27 * 35129, 27 * 3331),
            over(464060480000, -27 * 554358343, -27 * 31040327),
            over(2745920000, 153 * 8555257, -153 * 67973),
        ],
        b,
    ]
    slopes = [b[0], 0, over(1024056540, 389225579, 96856), over(1024056540, 389225579, -96856)]
    slopes += [Rational(2000, 17901), Rational(1, 20)]
    c = [0, over(900, 209, -1), over(450, 209, -1), over(450, 209, 1), Rational(9, 10), 1]
    hat = [over(4563, 2701, 23), over(9126, -9829, -131), over(9126, 5 * 1798, 5 * 17), 0, 0, 0]
    middle = over(256014135, 84119543, 366727), over(256014135, 84119543, -366727)
    slopes_hat = [Rational(115, 2106), 0, *middle, Rational(6950, 17901), Rational(-1, 10)]
    return RungeKuttaNystrom(A, [*b, 0], slopes, c, b_hat=hat, b_prime_hat=slopes_hat)


@entry(reference="dormand1987high", kind=SECOND_ORDER)
def dprkn8() -> RungeKuttaNystrom:
    """The pair RKN8(6)9FM of Dormand, El-Mikkawy and Prince for q'' = f(q), order eight with an embedded sixth."""
    return _method(
        "1/800; 1/600 1/300; 9/200 -9/100 9/100; -66701/197352 28325/32892 -2665/5482 2170/24669;"
        "227015747/304251000 -54897451/30425100 12942349/10141700 -9499/304251 539/9250;"
        "-1131891597/901789000 41964921/12882700 -6663147/3220675 270954/644135 -108/5875 114/1645;"
        "13836959/3667458 -17731450/1833729 1063919505/156478208 -33213845/39119552 13335/28544 -705/14272 1645/57088;"
        "223/7938 0 1175/8064 925/6048 41/448 925/14112 1175/72576 0",
        "223/7938 0 1175/8064 925/6048 41/448 925/14112 1175/72576 0 0",
        "223/7938 0 5875/36288 4625/21168 41/224 4625/21168 5875/36288 223/7938 0",
        "0 1/20 1/10 3/10 1/2 7/10 9/10 1 1",
        pair=(
            "7987313/109941300 0 1610737/44674560 10023263/33505920 -497221/12409600 10023263/78180480 "
            "1610737/402071040 0 0",
            "7987313/109941300 0 1610737/40207104 10023263/23454144 -497221/6204800 10023263/23454144 "
            "1610737/40207104 -4251941/54970650 3/20",
        ),
    )  # fmt: skip


@entry(reference="demba2017", kind=SECOND_ORDER)
def erkn4() -> RungeKuttaNystrom:
    """The pair 4(3) of Demba, Senu and Ismail for q'' = f(q), four stages; its coefficients before they are fitted."""
    return _method(
        "1/32; 19/600 16/75; 32/315 58/315 3/14",
        "1/21 28/81 50/567 1/54", "1/14 32/81 250/567 5/54", "0 1/4 7/10 1",
        pair=("14/375 136/375 2/25 1/50", "17/231 116/297 925/2079 1/11"),
    )  # fmt: skip


@entry(reference="fine1987", kind=SECOND_ORDER)
def fine_rkn4() -> RungeKuttaNystrom:
    """Fine's pair of orders four and three for q'' = f(q, q'), five stages."""
    return _method(
        "2/81; 1/36 1/36; 9/128 0 27/128; 11/60 -3/20 9/25 8/75",
        "19/180 0 63/200 16/225 1/120", "1/9 0 9/20 16/45 1/12", "0 2/9 1/3 3/4 1",
        A_prime="2/9; 1/12 1/4; 69/128 -243/128 135/64; -17/12 27/4 -27/5 16/15",
        pair=("116/1395 0 567/1550 176/6975 4/155", "107/1125 0 1233/2500 1712/5625 161/1500"),
    )  # fmt: skip
