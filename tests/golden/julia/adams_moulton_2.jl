# One step of adams_moulton(2); written from the exact scheme by schemetools.

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

"""(x, d1, d2) one step of size h later; f of (u, parameters, t)."""
function adams_moulton_step(f, x, d1, d2, parameters, t, h)
    z1 = x + 0.6666666666666666 * d1 - 0.08333333333333333 * d2
    (k1,) = solve(f(z1, parameters, t + h)) do k1
        (
            k1 - f(z1 + h * 0.4166666666666667 * k1, parameters, t + h),
        )
    end
    y = z1 + h * 0.4166666666666667 * k1
    d1_new = h * k1
    return y, d1_new, d1
end
