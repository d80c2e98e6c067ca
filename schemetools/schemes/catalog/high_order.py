"""Embedded pairs of order six and more: b has the order in the name's first digit, b_hat the other."""

from schemetools.schemes.catalog._prince_dormand import prince_dormand_87
from schemetools.schemes.catalog._tableaux import explicit
from schemetools.schemes.catalog._tables import table
from schemetools.schemes.registry import entry
from schemetools.schemes.runge_kutta import RungeKutta


@entry(reference="verner1978; hull1976", aliases=("dverk",))
def verner65() -> RungeKutta:
    """Verner's 6(5) pair of eight stages, the method of the code DVERK."""
    A = explicit("""
         1/6
         4/75         16/75
         5/6         -8/3      5/2
        -165/64       55/6    -425/64        85/96
         12/5        -8        4015/612     -11/36     88/255
        -8263/15000   124/75  -643/680      -81/250    2484/10625   0
         3501/1720   -300/43   297275/52632 -319/2322  24068/84065  0  3850/26703
    """)
    b = ["3/40", 0, "875/2244", "23/72", "264/1955", 0, "125/11592", "43/616"]
    return RungeKutta(A, b, b_hat=["13/160", 0, "2375/5984", "5/16", "12/85", "3/44", 0, 0])


@entry(reference="fehlberg1968", aliases=("rkf78",))
def fehlberg78() -> RungeKutta:
    """Fehlberg's 7(8) pair of thirteen stages."""
    A = explicit("""
         2/27
         1/36       1/12
         1/24       0     1/8
         5/12       0   -25/16   25/16
         1/20       0     0       1/4       1/5
        -25/108     0     0     125/108   -65/27     125/54
         31/300     0     0       0        61/225     -2/9     13/900
         2          0     0     -53/6     704/45    -107/9     67/90      3
        -91/108     0     0      23/108  -976/135    311/54   -19/60     17/6   -1/12
         2383/4100  0     0    -341/164  4496/1025  -301/82  2133/4100   45/82  45/164   18/41
         3/205      0     0       0         0         -6/41    -3/205    -3/41   3/41     6/41   0
        -1777/4100  0     0    -341/164  4496/1025  -289/82  2193/4100   51/82  33/164   12/41   0  1
    """)
    inner = ["34/105", "9/35", "9/35", "9/280", "9/280"]
    b = ["41/840", 0, 0, 0, 0, *inner, "41/840", 0, 0]
    return RungeKutta(A, b, b_hat=[0, 0, 0, 0, 0, *inner, 0, "41/840", "41/840"])


@entry(reference="prince1981", aliases=("dormand_prince8",))
def dopri8() -> RungeKutta:
    """The 8(7) pair of Prince and Dormand, RK8(7)13M, exactly: the published quotients agree with it to 1e-15.

    Computed from the published nodes and one linear system, because the published coefficients are rounded.
    """
    A, b, b_hat = prince_dormand_87()
    return RungeKutta(A, b, b_hat=b_hat)


DOP853_NOTE = (
    "The code DOP853 has two estimates, of orders five and three: b_hat here is the {} one, dop853{} has the "
    "other. The code takes |e5|^2/sqrt(|e5|^2 + |e3|^2/100). Its method is not dopri8."
)


@entry(reference="hairer1993, section II.10", aliases=("dp8",), note=DOP853_NOTE.format("first", "_third"))
def dop853() -> RungeKutta:
    """The method of the code DOP853 by Hairer, Norsett and Wanner: order eight, twelve stages, b_hat of order five.

    To 28 decimals; b is exact.
    """
    return table("dop853")


@entry(reference="hairer1993, section II.10", note=DOP853_NOTE.format("second", ""))
def dop853_third() -> RungeKutta:
    """The method of the code DOP853 with its estimate of order three, on the nodes 0, 127/195 and 1."""
    method = table("dop853")
    b_hat = ["31/127", *[0] * 7, "12675/17272", 0, 0, "3/136"]
    return RungeKutta(method.A, method.b, b_hat=b_hat, exact=False, digits=method.digits)


@entry(reference="verner1978")
def verner89() -> RungeKutta:
    """Verner's 8(9) pair of sixteen stages in QQ(sqrt 6); the first fourteen carry the result of order eight."""
    A = explicit("""
        1/12
        1/27  2/27
        1/24  0  1/8
        (4+94*sqrt(6))/375  0  (-282-252*sqrt(6))/375  (328+208*sqrt(6))/375
        (9-sqrt(6))/150  0  0  (312+32*sqrt(6))/1425  (69+29*sqrt(6))/570
        (927-347*sqrt(6))/1250  0  0  (-16248+7328*sqrt(6))/9375  (-489+179*sqrt(6))/3750  (14268-5798*sqrt(6))/9375
        2/27  0  0  0  0  (16-sqrt(6))/54  (16+sqrt(6))/54
        19/256  0  0  0  0  (118-23*sqrt(6))/512  (118+23*sqrt(6))/512  -9/256
        11/144  0  0  0  0  (266-sqrt(6))/864  (266+sqrt(6))/864  -1/16  -8/27
        (5034-271*sqrt(6))/61440  0  0  0  0  0  (7859-1626*sqrt(6))/10240  (-2232+813*sqrt(6))/20480
            (-594+271*sqrt(6))/960  (657-813*sqrt(6))/5120
        (5996-3794*sqrt(6))/405  0  0  0  0  (-4342-338*sqrt(6))/9  (154922-40458*sqrt(6))/135
            (-4176+3794*sqrt(6))/45  (-340864+242816*sqrt(6))/405  (26304-15176*sqrt(6))/45  -26624/81
        (3793+2168*sqrt(6))/103680  0  0  0  0  (4042+2263*sqrt(6))/13824  (-231278+40717*sqrt(6))/69120
            (7947-2168*sqrt(6))/11520  (1048-542*sqrt(6))/405  (-1383+542*sqrt(6))/720  2624/1053  3/1664
        -137/1296  0  0  0  0  (5642-337*sqrt(6))/864  (5642+337*sqrt(6))/864  -299/48  184/81  -44/9  -5120/1053
            -11/468  16/9
        (33617-2168*sqrt(6))/518400  0  0  0  0  (-3846+31*sqrt(6))/13824  (155338-52807*sqrt(6))/345600
            (-12537+2168*sqrt(6))/57600  (92+542*sqrt(6))/2025  (-1797-542*sqrt(6))/3600  320/567  -1/1920  4/105  0
        (-36487-30352*sqrt(6))/279600  0  0  0  0  (-29666-4499*sqrt(6))/7456  (2779182-615973*sqrt(6))/186400
            (-94329+91056*sqrt(6))/93200  (-232192+121408*sqrt(6))/17475  (101226-22764*sqrt(6))/5825  -169984/9087
            -87/30290  492/1165  0  1260/233
    """)
    b = ["103/1680", *[0] * 6, "-27/140", "76/105", "-201/280", "1024/1365", "3/7280", "12/35", "9/280", 0, 0]
    b_hat = [
        "23/525",
        *[0] * 6,
        "171/1400",
        "86/525",
        "93/280",
        "-2048/6825",
        "-3/18200",
        "39/175",
        0,
        "9/25",
        "233/4200",
    ]
    return RungeKutta(A, b, b_hat=b_hat)


@entry(
    reference="verner2010",
    aliases=("vern6", "verner_efficient6"),
    note="DifferentialEquations.jl has this b_hat; SUNDIALS' VERNER_9_5_6 has another one, without the sixth stage.",
)
def verner65e() -> RungeKutta:
    """Verner's most efficient 6(5) pair of nine stages, first same as last."""
    return table("verner65e")


@entry(reference="verner2010", aliases=("verner_robust6",))
def verner65r() -> RungeKutta:
    """Verner's most robust 6(5) pair of nine stages, first same as last."""
    return table("verner65r")


@entry(
    reference="verner2010",
    aliases=("vern7", "verner_efficient7"),
    note="Vern7 of DifferentialEquations.jl and VERNER_10_6_7 of SUNDIALS; DiffEqDevTools' VernerEfficient7 is "
    "another pair, with c_6 = 3872020203200/6348224000949 and its own A, of the same orders.",
)
def verner76e() -> RungeKutta:
    """Verner's most efficient 7(6) pair of ten stages."""
    return table("verner76e")


@entry(reference="verner2010", aliases=("verner_robust7",), note="PETSc's 7VR is this robust pair.")
def verner76r() -> RungeKutta:
    """Verner's most robust 7(6) pair of ten stages."""
    return table("verner76r")


@entry(reference="verner2010", aliases=("vern8", "verner_efficient8"))
def verner87e() -> RungeKutta:
    """Verner's most efficient 8(7) pair of thirteen stages."""
    return table("verner87e")


@entry(reference="verner2010", aliases=("vern9", "verner_efficient9"))
def verner98e() -> RungeKutta:
    """Verner's most efficient 9(8) pair of sixteen stages, in QQ(sqrt 6)."""
    return table("verner98e")


@entry(reference="cooper1972", aliases=("cooper_verner",))
def cooper_verner8() -> RungeKutta:
    """The method of order eight of Cooper and Verner, eleven stages, in QQ(sqrt 21)."""
    return table("cooper_verner8")


@entry(reference="feagin2007; feagin2012")
def feagin10() -> RungeKutta:
    """Feagin's 10(8) pair of seventeen stages, m-symmetric, to 80 decimals; the estimate is h/360 (f_2 - f_16)."""
    return table("feagin10")


@entry(reference="feagin2012")
def feagin12() -> RungeKutta:
    """Feagin's 12(10) pair of 25 stages, m-symmetric, to 80 decimals; the estimate is 49 h/640 (f_2 - f_24)."""
    return table("feagin12")


@entry(reference="feagin2012")
def feagin14() -> RungeKutta:
    """Feagin's 14(12) pair of 35 stages, m-symmetric, to 80 decimals; the estimate is h/1000 (f_2 - f_34)."""
    return table("feagin14")
