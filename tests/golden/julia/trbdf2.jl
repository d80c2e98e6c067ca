# One step of trbdf2(gamma=2-sqrt(2)); written from the exact scheme by schemetools.

using LinearAlgebra: norm

"""The values k, ... with residual(k, ...) = (0, ...), by Newton's method with a differenced Jacobian."""
function solve(residual, start...; tol = 1e-13, iterations = 50)
    pack(values) = reduce(vcat, [v isa Number ? [v] : vec(v) for v in values])
    last = cumsum([length(v) for v in start])
    part(k, i) = start[i] isa Number ? k[last[i]] : reshape(k[last[i] - length(start[i]) + 1:last[i]], size(start[i]))
    unpack(k) = ntuple(i -> part(k, i), length(start))
    k, best = pack(start), Inf
    for _ in 1:iterations
        r = pack(residual(unpack(k)...))
        size_of_r = norm(r)
        if size_of_r <= tol * (1 + norm(k)) || (size_of_r >= best / 2 && size_of_r <= 1e-9 * (1 + norm(k)))
            return unpack(k)
        end
        best = min(best, size_of_r)
        d = 1e-7 * (1 + maximum(abs, k))
        jacobian = zeros(length(k), length(k))
        for j in 1:length(k)
            moved = copy(k)
            moved[j] += d
            jacobian[:, j] = (pack(residual(unpack(moved)...)) - r) / d
        end
        k = k - jacobian \ r
    end
    error("the implicit stages did not converge; take a smaller h")
end

"""(x) one step of size h later; f of (u, parameters, t)."""
function trbdf2_step(f, x, parameters, t, h; error = false)
    k1 = f(x, parameters, t)
    z2 = x + h * 0.2928932188134525 * k1
    (k2,) = solve(f(z2, parameters, t + 0.585786437626905 * h)) do k2
        (
            k2 - f(z2 + h * 0.2928932188134525 * k2, parameters, t + 0.585786437626905 * h),
        )
    end
    z3 = x + h * (0.3535533905932738 * k1 + 0.3535533905932738 * k2)
    (k3,) = solve(f(z3, parameters, t + h)) do k3
        (
            k3 - f(z3 + h * 0.2928932188134525 * k3, parameters, t + h),
        )
    end
    y = z3 + h * 0.2928932188134525 * k3
    error || return y
    estimate = h * (0.13807118745769836 * k1 - 0.3333333333333333 * k2 + 0.19526214587563498 * k3)
    return y, estimate
end
