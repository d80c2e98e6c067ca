"""On linear problems the modified equation is a logarithm: sum_n b(tall_n) z^(n-1) = log(zeta_1(z))/z."""

import pytest

import schemetools as st
from schemetools.exact import to_domain
from schemetools.schemes.registry import Family

ORDER = 8
SLOW = {"verner89", "ho_rk8", "dopri8", "fehlberg78", "kvaerno3", "kvaerno4", "alexander3", "yoshida4"}


def deterministic():
    for name in st.names("general linear"):
        scheme = st.get(name)
        if scheme.random_symbols or isinstance(scheme, st.AdditiveRungeKutta | st.GeneralLinear | st.ImexMultistep):
            continue
        yield pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())


def log_series(r, domain):
    """Coefficients of log(1 + r_1 z + ...) from z on: n l_n = n r_n - sum_j j l_j r_(n-j)."""
    logs = [domain.zero]
    for n in range(1, len(r)):
        total = r[n] * domain.convert(n)
        for j in range(1, n):
            total = total - logs[j] * r[n - j] * domain.convert(j)
        logs.append(total / domain.convert(n))
    return logs[1:]


def stability_series(scheme, order):
    """1 + sum_n b A^(n-1) 1 z^n, on the domain of the coefficients."""
    s = scheme.stages
    domain, flat = to_domain([*scheme.b, *(a for row in scheme.A for a in row)])
    b, A = flat[:s], [flat[s * (i + 1) : s * (i + 2)] for i in range(s)]
    vector, r = [domain.one] * s, [domain.one]
    for _ in range(order):
        r.append(sum((w * x for w, x in zip(b, vector, strict=True)), domain.zero))
        vector = [sum((a * x for a, x in zip(row, vector, strict=True)), domain.zero) for row in A]
    return domain, r


def principal_root_residual(scheme, logs, domain, order):
    """rho(e^L) - z sigma(e^L) through z^order, for L = sum logs_n z^n."""
    alpha, beta = ([domain.from_sympy(c) for c in row] for row in (scheme.alpha, scheme.beta))
    total = [domain.zero] * (order + 1)
    for j, (a, b) in enumerate(zip(alpha, beta, strict=True)):
        power = exp_series([x * domain.convert(j) for x in logs], domain, order)
        for n in range(order + 1):
            total[n] += a * power[n] - (b * power[n - 1] if n else domain.zero)
    return total


def exp_series(logs, domain, order):
    """Coefficients of exp(sum logs_n z^n): n e_n = sum_j j l_j e_(n-j)."""
    result = [domain.one]
    for n in range(1, order + 1):
        total = domain.zero
        for j in range(1, n + 1):
            total = total + logs[j - 1] * result[n - j] * domain.convert(j)
        result.append(total / domain.convert(n))
    return result


def check(scheme, order):
    eq = st.modified_equation(scheme, order)
    tall = [eq[st.Tree(tuple(range(1, n + 1)))] for n in range(1, order + 1)]
    if isinstance(scheme, st.RungeKutta):
        domain, r = stability_series(scheme, order)
        expected = log_series(r, domain)
        assert all(not domain.convert(domain.from_sympy(x)) - y for x, y in zip(tall, expected, strict=True))
    else:
        domain, _ = to_domain([*scheme.alpha, *scheme.beta])
        logs = [domain.from_sympy(x) for x in tall]
        assert not any(principal_root_residual(scheme, logs, domain, order))


@pytest.mark.parametrize("name", list(deterministic()))
def test_every_catalog_entry(name):
    scheme = st.get(name)
    check(scheme, 5 if scheme.free_symbols else ORDER)


@pytest.mark.slow
@pytest.mark.parametrize("name", [p.values[0] for p in deterministic()])
def test_every_catalog_entry_through_order_ten(name):
    scheme = st.get(name)
    check(scheme, 6 if scheme.free_symbols else 10)


@pytest.mark.parametrize(
    "name", ["bdf(6)", "adams_moulton(5)", "gauss(3)", "radau_iia(3)", "lm(k=-1/20)", "theta(2/3)"]
)
def test_members_of_families(name):
    check(st.get(name), 10)


def test_the_catalog_is_covered():
    names = [p.values[0] for p in deterministic()]
    assert len(names) > 50
    assert isinstance(st.lm, Family)
