# One step of rk4; written from the exact scheme by schemetools.

"""(x) one step of size h later; f of (u, parameters, t)."""
function rk4_step(f, x, parameters, t, h)
    k1 = f(x, parameters, t)
    y2 = x + h * 0.5 * k1
    k2 = f(y2, parameters, t + 0.5 * h)
    y3 = x + h * 0.5 * k2
    k3 = f(y3, parameters, t + 0.5 * h)
    y4 = x + h * k3
    k4 = f(y4, parameters, t + h)
    y = x + h * (0.16666666666666666 * k1 + 0.3333333333333333 * k2 + 0.3333333333333333 * k3 + 0.16666666666666666 * k4)
    return y
end
