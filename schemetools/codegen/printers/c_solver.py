"""What a C program with implicit stages carries with it: Newton's method on doubles."""

SOLVER = r"""
/* k with g(k) = 0, by Newton's method with a differenced Jacobian; 0 when solved, 1 when not. */
static int newton(void (*g)(const double *k, double *r, void *context), void *context, double *k, size_t m)
{
    double *room = malloc((m * m + 2 * m) * sizeof *room), *jacobian = room, *r = room + m * m, *moved = r + m;
    double best = HUGE_VAL;
    int result = 1;
    for (int iteration = 0; room && result && iteration < 50; iteration++) {
        double size = 0, norm = 0, largest = 0;
        g(k, r, context);
        for (size_t i = 0; i < m; i++) {
            size += r[i] * r[i];
            norm += k[i] * k[i];
            largest = fmax(largest, fabs(k[i]));
        }
        size = sqrt(size), norm = 1 + sqrt(norm);
        if (size <= 1e-13 * norm || (size >= best / 2 && size <= 1e-9 * norm)) {
            result = 0;
            break;
        }
        best = fmin(best, size);
        double d = 1e-7 * (1 + largest);
        for (size_t j = 0; j < m; j++) {
            double kept = k[j];
            k[j] = kept + d;
            g(k, moved, context);
            k[j] = kept;
            for (size_t i = 0; i < m; i++)
                jacobian[i * m + j] = (moved[i] - r[i]) / d;
        }
        for (size_t p = 0; p < m; p++) { /* elimination with the largest pivot of each column */
            size_t q = p;
            for (size_t i = p + 1; i < m; i++)
                if (fabs(jacobian[i * m + p]) > fabs(jacobian[q * m + p]))
                    q = i;
            if (jacobian[q * m + p] == 0) {
                free(room);
                return 1;
            }
            for (size_t j = 0; j < m; j++) {
                double other = jacobian[q * m + j];
                jacobian[q * m + j] = jacobian[p * m + j];
                jacobian[p * m + j] = other;
            }
            double other = r[q];
            r[q] = r[p];
            r[p] = other;
            for (size_t i = p + 1; i < m; i++) {
                double factor = jacobian[i * m + p] / jacobian[p * m + p];
                for (size_t j = p; j < m; j++)
                    jacobian[i * m + j] -= factor * jacobian[p * m + j];
                r[i] -= factor * r[p];
            }
        }
        for (size_t i = m; i-- > 0;) {
            for (size_t j = i + 1; j < m; j++)
                r[i] -= jacobian[i * m + j] * r[j];
            r[i] /= jacobian[i * m + i];
            k[i] -= r[i];
        }
    }
    free(room);
    return result;
}
"""
