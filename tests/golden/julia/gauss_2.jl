# One step of gauss(2); written from the exact scheme by schemetools.

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
function gauss_step(f, x, parameters, t, h)
    (k1, k2,) = solve(f(x, parameters, t + 0.2113248654051871 * h), f(x, parameters, t + 0.7886751345948129 * h)) do k1, k2
        (
            k1 - f(x + h * (0.25 * k1 - 0.03867513459481288 * k2), parameters, t + 0.2113248654051871 * h),
            k2 - f(x + h * (0.5386751345948129 * k1 + 0.25 * k2), parameters, t + 0.7886751345948129 * h),
        )
    end
    y = x + h * (0.5 * k1 + 0.5 * k2)
    return y
end
