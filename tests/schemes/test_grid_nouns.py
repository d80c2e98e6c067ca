"""Stencils, operators, difference schemes and methods of lines: what they are, files, and one clear error each."""

import math

import pytest
import sympy
from sympy import Integer, Rational, Symbol

import schemetools as st
from schemetools.errors import FileError, SchemeError
from schemetools.schemes.catalog import stencils
from schemetools.schemes.files import to_toml

DERIVATIVES = [
    ("upwind(1, 1)", 1),
    ("upwind(1, 2)", 2),
    ("upwind(1, 3)", 3),
    ("upwind(1, 5)", 5),
    ("downwind(1, 3)", 3),
]
DERIVATIVES += [
    ("centred(1, 4)", 4),
    ("centred(2, 6)", 6),
    ("centred(3, 2)", 2),
    ("biharmonic(4)", 4),
    ("staggered(1, 4)", 4),
]
DERIVATIVES += [
    ("compact(1, 4)", 4),
    ("compact(2, 4)", 4),
    ("compact(1, 6)", 6),
    ("compact(2, 6)", 6),
    ("quick()", 2),
    ("average()", 2),
]


def moment(part, degree):
    return sum((c * sympy.nsimplify(place[0]) ** degree for place, c in part), Integer(0))


@pytest.mark.parametrize(("name", "order"), DERIVATIVES)
def test_a_stencil_is_exact_for_polynomials_through_its_order_and_no_further(name, order):
    """sum D_j (x^n)^(k)(j) = sum N_j j^n for n < k + order."""
    s = stencils.get(name)
    k = s.derivative

    def gap(n):
        below = moment(s.denominator, n - k) * math.perm(n, k) if n >= k else 0
        return moment(s.numerator, n) - below

    assert all(gap(n) == 0 for n in range(k + order))
    assert gap(k + order) != 0


def test_laplacians_in_several_dimensions():
    assert st.stencils.laplacian(points=5).leading == {(2, 0): 1, (0, 2): 1}
    assert st.stencils.laplacian(points=7).leading == {(2, 0, 0): 1, (0, 2, 0): 1, (0, 0, 2): 1}
    nine = st.stencils.laplacian(points=9)
    eq = st.modified_equation(st.method_of_lines(st.euler, st.Operator({"D": nine})), order=4)
    mu = Symbol("mu")
    rest = {
        a: sympy.expand(c + mu**2 / 2 * {(4, 0): 1, (2, 2): 2, (0, 4): 1}[a])
        for a, c in eq.in_numbers().items()
        if sum(a) == 4
    }
    assert rest == {(4, 0): mu / 12, (2, 2): mu / 6, (0, 4): mu / 12}  # mu/12 times the Laplacian squared


def test_stencils_add_scale_and_move():
    x, y = (st.stencils.centred(2).along(axis) for axis in "xy")
    assert x + y == st.stencils.laplacian(points=5)
    assert -st.stencils.upwind() == st.Stencil({-1: 1, 0: -1}, derivative=1)
    kappa = Symbol("kappa")
    mixed = kappa * st.stencils.centred() + (1 - kappa) * st.stencils.upwind()
    assert mixed == st.Stencil({-1: "kappa/2 - 1", 0: "1 - kappa", 1: "kappa/2"}, derivative=1)
    assert mixed.parameters == {"kappa"}
    eq = st.modified_equation(st.method_of_lines(st.euler, st.Operator({"-c": mixed})), order=2)
    nu = Symbol("nu")
    assert sympy.expand(eq[2] - (nu * (1 - kappa) - nu**2) / 2) == 0


def test_equal_values_are_equal_objects_and_the_derivative_is_found():
    first = st.Stencil({-1: "-1/2", 1: "1/2"})
    second = st.Stencil({(1,): Rational(1, 2), (-1,): Rational(-1, 2), 0: 0}, derivative=1, name="mine")
    assert first == second and hash(first) == hash(second) and first.derivative == 1
    with pytest.raises(AttributeError):
        first.derivative = 2


def test_numbers_are_named_by_derivative_and_axis_or_as_asked():
    up, lap = st.stencils.upwind(1, 3), st.stencils.laplacian()
    mol = st.method_of_lines(st.rk4, st.Operator({"-c": up, "D": lap}))
    assert dict(mol.numbers) == {"nu": sympy.sympify("c*dt/dx"), "mu": sympy.sympify("D*dt/dx**2")}
    plane = st.Operator([("-a", up.along("x")), ("-b", up.along("y")), ("D", st.stencils.laplacian(points=5))])
    assert {name for name, _ in st.method_of_lines(st.rk4, plane).numbers} == {"nu_x", "nu_y", "mu"}
    given = st.method_of_lines(st.rk4, st.Operator({"-c/2": up}), numbers={"courant": "c*dt/dx"})
    assert given.terms[0][0].weight == -Symbol("courant") / 2
    named = st.method_of_lines(st.rk4, st.Operator({"-c": up, "D": lap}), numbers=["n1", "n2"])
    assert {name for name, _ in named.numbers} == {"n1", "n2"}
    twice = st.method_of_lines(st.ars222, [st.Operator({"-c": up}), st.Operator({"-2*c": up})])
    assert dict(twice.numbers) == {"nu": sympy.sympify("c*dt/dx")}


def test_a_method_of_lines_is_the_difference_scheme_that_it_expands_to():
    upwind = st.get("lines(euler, -c*upwind())")
    assert st.modified_equation(upwind, 6).in_numbers() == st.modified_equation(st.upwind, 6).in_numbers()
    crank = st.get("lines(trapezoid, D*laplacian())")
    assert st.modified_equation(crank, 8).in_numbers() == st.modified_equation(st.crank_nicolson_heat, 8).in_numbers()


@pytest.mark.parametrize(
    "thing",
    [
        st.stencils.compact(1),
        st.stencils.staggered(1, 4),
        st.stencils.laplacian(points=9),
        st.Stencil({-1: "-kappa", 0: "kappa"}, derivative=1, name="mine", reference="notes"),
        st.Operator({"-c": st.stencils.upwind(1, 3)}, implicit={"D": st.stencils.laplacian()}),
        st.method_of_lines(
            st.RungeKutta([[0]], [1]), st.Operator({"-c*sqrt(2)": st.Stencil({-1: -1, 0: 1})}), name="own"
        ),
        st.get("lines(ars222, -c*upwind(1,3), D*laplacian())"),
        st.fromm.subs({"nu": "1/3"}),
    ],
    ids=str,
)
def test_files_hold_every_noun(thing, tmp_path):
    st.save(thing, tmp_path / "thing.toml")
    back = st.load(tmp_path / "thing.toml")
    assert back == thing and hash(back) == hash(thing) and back.name == thing.name
    assert type(back) is type(thing)


LEVELS = 'kind = "DifferenceScheme"\n[numbers]\nnu = "c*dt/dx"\n[levels]\n1 = {"0" = "1"}\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LEVELS + '0 = {"0" = "nu - 1", "-1" = "-nu"}\n', None),
        (LEVELS, "time level"),
        (LEVELS + '0 = {"0" = "mu - 1", "-1" = "-mu"}\n', "not declared"),
        (LEVELS + '0 = {"0" = "__import__(1)"}\n', "not declared"),
        (LEVELS + '0 = {"zero" = "-1"}\n', "no offset"),
        (LEVELS + '0 = {"0,0,0,0" = "-1"}\n', "dimensions"),
        (LEVELS + '0 = {"999999999" = "-1"}\n', "no integer or half"),
        (LEVELS + 'soon = {"0" = "-1"}\n', "an integer of at most four digits is expected"),
        (LEVELS + '0 = {"0" = "-2"}\n', "inconsistent"),
        (LEVELS + '0 = ["-1"]\n', "table of offsets"),
        (LEVELS.replace("c*dt/dx", "c*dt + dx") + '0 = {"0" = "-1"}\n', "product of powers"),
        (LEVELS.replace("c*dt/dx", "9**9**9") + '0 = {"0" = "-1"}\n', "exponent"),
        ('kind = "Stencil"\nderivative = 1\n[coefficients]\n"0" = "1"\n', "annihilate"),
        ('kind = "Stencil"\nderivative = "1"\n[coefficients]\n"0" = "1"\n', "integer"),
        ('kind = "Stencil"\nwidth = 1\n', "unknown key"),
        (
            'kind = "MethodOfLines"\nscheme = "rk4"\n[[terms]]\ncoefficient = "-c"\nstencil = "upwind(99)"\n',
            "integer from",
        ),
        (
            'kind = "MethodOfLines"\nscheme = "rk4"\n[[terms]]\ncoefficient = "-c"\nstencil = "os.system(1)"\n',
            "no stencil",
        ),
        ('kind = "MethodOfLines"\nscheme = 4\n', "an int, came as scheme; give a catalog name in quotes"),
        (
            'kind = "MethodOfLines"\nscheme = "upwind"\n[[terms]]\ncoefficient = "-c"\nstencil = "upwind()"\n',
            "partial differential",
        ),
        ('kind = "Operator"\nterms = 3\n', "array of tables"),
        (LEVELS + '0 = {"0" = 1.2345678901234567}\n', "more than 12 digits; write it in quotes"),
        (LEVELS + '0 = {"0" = [[["-1"]]]}\n', "levels.0.0 must be a coefficient, a number or a text in quotes"),
        (LEVELS + '0 = {"0" = true}\n', "must be a coefficient, a number or a text in quotes"),
        (LEVELS.replace('"c*dt/dx"', "3") + '0 = {"0" = "-1"}\n', "numbers.nu must be a text in quotes"),
        ('kind = "DifferenceScheme"\n[numbers]\nnu = "free"\n', r"levels must be a table, \[levels\]; nothing came"),
        (LEVELS + '0 = {"0" = "-1"}\n[[stages]]\nvalues = {}\n', "a stage of stages has the tables values and fluxes"),
        ('kind = "Operator"\n[[terms]]\ncoefficient = "-c"\n', "has the keys coefficient, stencil and perhaps field"),
        ('kind = "Operator"\n[[terms]]\ncoefficient = "-c"\nstencil = 3\n', "a name in quotes or a table"),
        (
            'kind = "Operator"\n[[terms]]\ncoefficient = "-c"\nstencil = {width = 1}\n',
            "a stencil in terms has the keys",
        ),
    ],
)
def test_a_hostile_file_is_one_error(text, reason, tmp_path):
    path = tmp_path / "scheme.toml"
    path.write_text(text)
    if reason is None:
        assert st.load(path) == st.DifferenceScheme({m: dict(row) for m, row in st.upwind.levels}, {"nu": "c*dt/dx"})
        return
    with pytest.raises(FileError, match=reason):
        st.load(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: st.DifferenceScheme({1: {0: 1}}), "two or more time levels"),
        (lambda: st.DifferenceScheme({1: {0: 1}, 0: {0: -2}}), "inconsistent"),
        (lambda: st.DifferenceScheme({1: {0: 1, 1: -1}, 0: {0: 1, 1: -1}}), "singular"),
        (lambda: st.DifferenceScheme({1: {0: 1}, 0: {0: "nu - 1", -1: "-nu"}}), "not declared"),
        (lambda: st.DifferenceScheme({1: {0: 1}, 0: {(0, 0): -1}}), "different dimensions"),
        (lambda: st.DifferenceScheme({1: {0: [[1, 0]]}, 0: {0: -1}}), "square"),
        (lambda: st.DifferenceScheme({1.5: {0: 1}, 0: {0: -1}}), "integer"),
        (lambda: st.DifferenceScheme({1: {0: 1}, 0: {0: -1}}, numbers={"dx": "c"}), "step of the grid"),
        (lambda: st.DifferenceScheme({1: {0: 1}, 0: {0: -1}}, numbers={"u": "c"}), "reserved"),
        (lambda: st.Stencil({0: 1, 1: 1}, derivative=1), "annihilate"),
        (lambda: st.Stencil({0: 1, 1: -1}, derivative=2), "annihilate"),
        (lambda: st.Stencil({-1: 1, 0: -2, 1: 1}, derivative=1), "annihilates every"),
        (lambda: st.Stencil({-1: -1, 1: 1}, denominator={0: 1, 1: -1}), "singular"),
        (lambda: st.Stencil({}), "must map offsets"),
        (lambda: st.Stencil({0: 0}), "every coefficient"),
        (lambda: st.Stencil({-1: -1, "left": 1}), "no offset"),
        (lambda: st.Stencil({0: 1, (0, 1): -1}), "different dimensions"),
        (lambda: st.Stencil({0: 1j, 1: -1}), "complex"),
        (lambda: st.Stencil.derivative_of(2, at=[0, 1]), "at least 3 points"),
        (lambda: st.stencils.centred(1, 3), "even order"),
        (lambda: st.stencils.upwind().along("w"), "one of x, y, z"),
        (lambda: st.Operator({"-c": 3}), "pairs"),
        (lambda: st.Operator({"dt": st.stencils.upwind()}), "must not vanish"),
        (lambda: st.Operator([("a", st.stencils.upwind()), ("b", st.stencils.upwind(axis="y"))]), "dimensions"),
        (
            lambda: st.method_of_lines(
                st.rk4, st.Operator({"c": st.stencils.upwind()}, {"D": st.stencils.laplacian()})
            ),
            "field",
        ),
        (lambda: st.method_of_lines(st.ars222, st.Operator({"c": st.stencils.upwind()})), "2 fields"),
        (lambda: st.method_of_lines(st.stoermer_verlet, st.Operator({"c": st.stencils.upwind()})), "partitioned"),
        (
            lambda: st.method_of_lines(st.rk4, st.Operator({"c": st.stencils.upwind()}), numbers={"mu": "D*dt/dx^2"}),
            "no number",
        ),
        (lambda: st.Operator({}), "an operator needs a term"),
        (lambda: st.Operator("upwind()"), "maps coefficients to stencils"),
        (lambda: st.Stencil({0: 1, 1: -1}, denominator={0: 0}), "not all with factor 0"),
        (lambda: st.Stencil({0: 1, 1: -1}, derivative=True), "derivative must be an integer from 0"),
        (lambda: st.Stencil.derivative_of(1, at=[0, 1, 1]), "different points"),
        (lambda: st.stencils.upwind().along("z", dimension=2), "does not fit a grid of 2 dimensions"),
        (lambda: st.stencils.upwind() + st.stencils.laplacian(), "different derivatives or dimensions"),
        (lambda: st.method_of_lines(st.rk4, 3), "the operator must be a st.Operator, or one per field"),
        (
            lambda: st.method_of_lines(st.ars222, {"A": st.Operator({"c": st.stencils.upwind()})}),
            "operators came for .'A'.; the fields of ars222 are",
        ),
        (
            lambda: st.method_of_lines(st.ars222, st.Operator({}, {"D": st.stencils.laplacian()})),
            "the explicit part of the operator is empty",
        ),
        (
            lambda: st.method_of_lines(
                st.rk4, st.Operator({"a": st.stencils.upwind(), "b": st.stencils.laplacian()}), numbers=["p"]
            ),
            "one new name for each term",
        ),
        (
            lambda: st.method_of_lines(st.rk4, st.Operator({"c": st.stencils.upwind()}), numbers=["p", "q"]),
            "names 1 more than the operator has terms: q",
        ),
        (lambda: st.method_of_lines(st.lm(), st.Operator({"c": st.stencils.upwind()}), numbers=["k"]), "both a number"),
        (lambda: st.order(st.upwind), "partial differential"),
        (lambda: st.to_stepper(st.lax_wendroff), "partial differential"),
    ],
)
def test_bad_input_is_one_clear_error(make, reason):
    with pytest.raises(SchemeError, match=reason):
        make()


def test_latex_is_as_people_write_it():
    assert st.upwind._repr_latex_() == r"$\displaystyle u_{i}^{n+1} = \nu u_{i-1}^{n} + \left(1 - \nu\right) u_{i}^{n}$"
    assert r"\frac{1}{\Delta x^{2}}" in st.stencils.laplacian()._repr_latex_()
    assert r"\Delta x" in st.modified_equation(st.upwind)._repr_latex_()
    assert "begin{matrix}" in st.yee._repr_latex_()


def test_toml_is_readable():
    text = to_toml(st.upwind)
    assert 'nu = "c*dt/dx"' in text and '[levels.1]\n"0" = "1"' in text


def test_a_compact_scheme_and_lines_are_written_with_their_shifts():
    """(1 + E)/2 divided into (1 - 1/E)/dx: the shifts E stand in the inverse, the values beside it."""
    compact = st.Stencil({-1: -1, 0: 1}, denominator={0: "1/2", 1: "1/2"})
    made = st.method_of_lines("rk4", st.Operator({"-c": compact}))
    assert r"\frac{1}{\Delta x^{1}}" in made._repr_latex_() and ")^{-1}" in made._repr_latex_()
    assert made._repr_latex_().count("E^{") == 2 and not made.is_explicit
    assert st.method_of_lines("rk4", st.Operator({"-c": st.stencils.upwind()})).is_explicit
    assert "numbers: nu = c*dt/dx" in repr(made)


def test_a_symbol_of_the_scheme_in_time_is_replaced():
    made = st.method_of_lines(st.lm(), st.Operator({"-c": st.stencils.upwind()}))
    assert made.subs({"k": "1/5"}) == st.method_of_lines(st.lm(k="1/5"), st.Operator({"-c": st.stencils.upwind()}))


def test_alternating_directions_are_a_half_step_of_each_kind_in_each_direction():
    """prod (1 + mu_i d_i/2) / prod (1 - mu_i d_i/2) with d_i = 2 cos(angle) - 2; Peaceman, Rachford (1955)."""
    x, y = sympy.symbols("x y", nonzero=True)
    new, old = (
        sum(c * x ** place[0] * y ** place[1] for place, c in dict(st.get("peaceman_rachford").levels)[level])
        for level in (1, 0)
    )
    mu = {w: Symbol(name) * (w - 2 + 1 / w) / 2 for w, name in ((x, "mu_x"), (y, "mu_y"))}
    assert sympy.expand(new - (1 - mu[x]) * (1 - mu[y])) == 0
    assert sympy.expand(old + (1 + mu[x]) * (1 + mu[y])) == 0


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("upwind(nu=1/2)", "upwind has no parameters"),
        ("theta_heat(mu=1)", "theta_heat has the parameters .*theta=theta"),
    ],
)
def test_a_number_of_the_problem_is_no_parameter(name, known):
    with pytest.raises(SchemeError, match=f"is a number of the problem, .* {known}"):
        st.get(name)


@pytest.mark.parametrize("name", ["stochastic_depth(1/2)", "stoermer_verlet", "dprkn4"])
def test_what_is_random_or_has_two_parts_makes_no_method_of_lines(name):
    with pytest.raises(SchemeError, match="is random or partitioned"):
        st.method_of_lines(st.get(name), st.Operator({"-c": st.stencils.centred(1)}))
