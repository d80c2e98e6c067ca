# One step of dopri5; written from the exact scheme by schemetools.

"""(x) one step of size h later; f of (u, parameters, t)."""
function dopri5_step(f, x, parameters, t, h; error = false)
    k1 = f(x, parameters, t)
    y2 = x + h * 0.2 * k1
    k2 = f(y2, parameters, t + 0.2 * h)
    y3 = x + h * (0.075 * k1 + 0.225 * k2)
    k3 = f(y3, parameters, t + 0.3 * h)
    y4 = x + h * (0.9777777777777777 * k1 - 3.7333333333333334 * k2 + 3.5555555555555554 * k3)
    k4 = f(y4, parameters, t + 0.8 * h)
    y5 = x + h * (2.9525986892242035 * k1 - 11.595793324188385 * k2 + 9.822892851699436 * k3 - 0.2908093278463649 * k4)
    k5 = f(y5, parameters, t + 0.8888888888888888 * h)
    y6 = x + h * (2.8462752525252526 * k1 - 10.757575757575758 * k2 + 8.906422717743473 * k3 + 0.2784090909090909 * k4 - 0.2735313036020583 * k5)
    k6 = f(y6, parameters, t + h)
    y = x + h * (0.09114583333333333 * k1 + 0.44923629829290207 * k3 + 0.6510416666666666 * k4 - 0.322376179245283 * k5 + 0.13095238095238096 * k6)
    error || return y
    k7 = f(y, parameters, t + h)
    estimate = h * (0.0012326388888888888 * k1 - 0.0042527702905061394 * k3 + 0.03697916666666667 * k4 - 0.05086379716981132 * k5 + 0.0419047619047619 * k6 - 0.025 * k7)
    return y, estimate
end
