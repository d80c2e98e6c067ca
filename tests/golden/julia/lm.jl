# One step of lm(k); written from the exact scheme by schemetools.

"""(x, u1) one step of size h later; f of (u, parameters, t)."""
function lm_step(f, x, u1, parameters, t, h; k)
    k1 = f(x, parameters, t)
    y = (1 - k) * x + k * u1 + h * k1
    return y, x
end
