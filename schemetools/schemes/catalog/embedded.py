"""Embedded pairs to order five: b has the order in the name's digit, b_hat the other."""

from schemetools.schemes.catalog._tableaux import explicit
from schemetools.schemes.catalog._tables import table
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta


@entry(reference="heun1900")
def heun_euler() -> RungeKutta:
    """Heun's method of order two with Euler's as its error estimate."""
    return RungeKutta(explicit("1"), ["1/2", "1/2"], b_hat=[1, 0])


@entry(reference="bogacki1989", aliases=("bs3", "ode23"))
def bogacki_shampine3() -> RungeKutta:
    """The 3(2) pair of Bogacki and Shampine, first same as last."""
    A = explicit("1/2; 0 3/4; 2/9 1/3 4/9")
    return RungeKutta(A, ["2/9", "1/3", "4/9", 0], b_hat=["7/24", "1/4", "1/3", "1/8"])


@entry(reference="merson1957", aliases=("merson",))
def merson4() -> RungeKutta:
    """Merson's method of order four; b_hat has order three, and five for u' = Au + b."""
    A = explicit("1/3; 1/6 1/6; 1/8 0 3/8; 1/2 0 -3/2 2")
    return RungeKutta(A, ["1/6", 0, 0, "2/3", "1/6"], b_hat=["1/10", 0, "3/10", "2/5", "1/5"])


@entry(reference="zonneveld1964", aliases=("zonneveld",))
def zonneveld4() -> RungeKutta:
    """Zonneveld's 4(3) pair: the classical method and one more stage for the estimate."""
    A = explicit("1/2; 0 1/2; 0 0 1; 5/32 7/32 13/32 -1/32")
    return RungeKutta(A, ["1/6", "1/3", "1/3", "1/6", 0], b_hat=["-1/2", "7/3", "7/3", "13/6", "-16/3"])


@entry(
    reference="fehlberg1969",
    aliases=("rkf45",),
    note="The row of order four advances, as Fehlberg has it; SUNDIALS' FEHLBERG_6_4_5, PETSc's 5F and pathsim's "
    "RKF45 advance with the other.",
)
def fehlberg45() -> RungeKutta:
    """Fehlberg's 4(5) pair, formula 2."""
    A = explicit("""
        1/4
        3/32       9/32
        1932/2197 -7200/2197  7296/2197
        439/216   -8          3680/513   -845/4104
        -8/27      2         -3544/2565  1859/4104  -11/40
    """)
    b = ["25/216", 0, "1408/2565", "2197/4104", "-1/5", 0]
    return RungeKutta(A, b, b_hat=["16/135", 0, "6656/12825", "28561/56430", "-9/50", "2/55"])


@entry(reference="cash1990", aliases=("cash_karp",))
def cash_karp5() -> RungeKutta:
    """The 5(4) pair of Cash and Karp."""
    A = explicit("""
        1/5
        3/40        9/40
        3/10       -9/10     6/5
        -11/54      5/2     -70/27      35/27
        1631/55296  175/512  575/13824  44275/110592  253/4096
    """)
    b = ["37/378", 0, "250/621", "125/594", 0, "512/1771"]
    return RungeKutta(A, b, b_hat=["2825/27648", 0, "18575/48384", "13525/55296", "277/14336", "1/4"])


@entry(
    reference="dormand1980",
    aliases=("dormand_prince5", "ode45"),
    note="b_hat is that of Dormand and Prince. diffrax, torchdiffeq, torchode and jax have Shampine's, of order four "
    "too: 1951/21600, 0, 22642/50085, 451/720, -12231/42400, 649/6300, 1/60.",
)
def dopri5() -> RungeKutta:
    """The 5(4) pair of Dormand and Prince, RK5(4)7M, first same as last."""
    A = explicit("""
        1/5
        3/40        9/40
        44/45      -56/15       32/9
        19372/6561 -25360/2187  64448/6561 -212/729
        9017/3168  -355/33      46732/5247  49/176  -5103/18656
        35/384      0           500/1113    125/192 -2187/6784   11/84
    """)
    b = ["35/384", 0, "500/1113", "125/192", "-2187/6784", "11/84", 0]
    return RungeKutta(A, b, b_hat=["5179/57600", 0, "7571/16695", "393/640", "-92097/339200", "187/2100", "1/40"])


@entry(
    reference="bogacki1996",
    aliases=("bs5",),
    note="b_hat is the estimate with all eight stages, as in RKSUITE and PETSc; the pair's other estimate, by the "
    "first seven stages, is 6059/80640, 0, 8559189/30983680, 26411/124800, -927/89600, 443/1197, 7267/94080, of "
    "order four as well.",
)
def bogacki_shampine5() -> RungeKutta:
    """The 5(4) pair of Bogacki and Shampine, eight stages, first same as last."""
    A = explicit("""
        1/6
        2/27          4/27
        183/1372     -162/343      1053/1372
        68/297       -4/11         42/143            1960/3861
        597/22528     81/352       63099/585728      58653/366080    4617/20480
        174197/959244 -30942/79937 8152137/19744439  666106/1039181 -29421/29068  482048/414219
        587/8064      0            4440339/15491840  24353/124800    387/44800    2152/5985      7267/94080
    """)
    b_hat = ["2479/34992", 0, "123/416", "612941/3411720", "43/1440", "2272/6561", "79937/1113912", "3293/556956"]
    return RungeKutta(A, A[-1], b_hat=b_hat)


@entry(reference="tsitouras2011")
def tsit5() -> RungeKutta:
    """The 5(4) pair of Tsitouras, first same as last, to 40 decimals: the solution of its published equations.

    Published are sixteen digits, with which the order conditions hold to 2e-15.
    """
    return table("tsit5")
