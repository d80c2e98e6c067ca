# One step of stoermer_verlet; written from the exact scheme by schemetools.

"""(p, q) one step of size h later; F, G of (u, parameters, t)."""
function stoermer_verlet_step(F, G, p, q, parameters, t, h)
    k1 = F(q, parameters, t)
    y2 = p + h * 0.5 * k1
    k2 = G(y2, parameters, t + 0.5 * h)
    y3 = q + h * k2
    k3 = F(y3, parameters, t + h)
    y = y2 + h * 0.5 * k3
    return y, y3
end
