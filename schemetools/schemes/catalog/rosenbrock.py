"""Rosenbrock methods: linearly implicit, one Jacobian per step."""

from sympy import Rational, sqrt

from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.rosenbrock import Rosenbrock, from_transformed

HALF, THIRD = Rational(1, 2), Rational(1, 3)
ROSENBROCK = "rosenbrock"


@entry(reference="verwer1999; hairer1996, section IV.7", kind=ROSENBROCK)
def ros2(gamma: Coefficient = "1-sqrt(2)/2") -> Rosenbrock:
    """The two-stage Rosenbrock-W method of Verwer, of order two for every J; L-stable iff gamma = 1 +- sqrt(2)/2.

    gamma = 1 - sqrt(2)/2 has the smaller error, and is PETSc's ra2m; 1 + sqrt(2)/2 is KPP's Ros2. b_hat is of order
    one.
    """
    return Rosenbrock([[0, 0], [1, 0]], [[gamma, 0], [-2 * gamma, gamma]], [HALF, HALF], b_hat=[1, 0], w_method=True)


@entry(reference="lang2001", kind=ROSENBROCK)
def ros3p() -> Rosenbrock:
    """ROS3P of Lang and Verwer, order three, A-stable, without order reduction for parabolic problems.

    b_hat is of order two. The coefficients of OrdinaryDiffEq.jl, in the transformed form, are these to 15 digits.
    """
    gamma = HALF + sqrt(3) / 6
    Gamma = [[gamma, 0, 0], [-1, gamma, 0], [-gamma, HALF - 2 * gamma, gamma]]
    return Rosenbrock([[], [1], [1, 0]], Gamma, [2 * THIRD, 0, THIRD], b_hat=[THIRD] * 3)


@entry(reference="sandu1997", kind=ROSENBROCK)
def rodas3() -> Rosenbrock:
    """RODAS3 of Sandu et al., order three, L-stable and stiffly accurate; b_hat is the last row of A, of order two.

    PETSc has these coefficients, KPP and OrdinaryDiffEq.jl the transformed ones; all three agree exactly.
    """
    A = [[], [0], [1, 0], ["3/4", "-1/4", HALF]]
    Gamma = [[HALF], [1, HALF], ["-1/4", "-1/4", HALF], ["1/12", "1/12", "-2/3", HALF]]
    return Rosenbrock(A, Gamma, ["5/6", "-1/6", "-1/6", HALF], b_hat=["3/4", "-1/4", HALF, 0])


@entry(reference="hairer1996, section VI.4", kind=ROSENBROCK)
def rodas4() -> Rosenbrock:
    """RODAS of Hairer and Wanner, order four, L-stable and stiffly accurate; b_hat is the last row of A, of order
    three.

    Converted exactly from the 16 digits that are published of the transformed form; RODAS, KPP and OrdinaryDiffEq.jl
    have the same digits. A port of KPP's, with 1.544 as the first weight of the result, is wrong there.
    """
    fifth = ["1.221224509226641", "6.019134481288629", "12.53708332932087", "-0.6878860361058950"]
    a = [
        [],
        ["1.544"],
        ["0.9466785280815826", "0.2557011698983284"],
        ["3.314825187068521", "2.896124015972201", "0.9986419139977817"],
        fifth,
        [*fifth, 1],
    ]
    C = [
        [],
        ["-5.6688"],
        ["-2.430093356833875", "-0.2063599157091915"],
        ["-0.1073529058151375", "-9.594562251023355", "-20.47028614809616"],
        ["7.496443313967647", "-10.24680431464352", "-33.99990352819905", "11.70890893206160"],
        ["8.083246795921522", "-7.981132988064893", "-31.52159432874371", "16.31930543123136", "-6.058818238834054"],
    ]
    return from_transformed(["1/4"] * 6, a, C, [*fifth, 1, 1], m_hat=[*fifth, 1, 0], exact=False, digits=13)
