/* One step of adams_moulton(2); written from the exact scheme by schemetools. */

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* du = f(t, u), for n numbers. */
typedef void (*field)(double t, const double *u, double *du, size_t n, void *data);

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

struct adams_moulton_system1 {
    field f;
    void *data;
    size_t n;
    double t, h;
    const double *z1;
    double *argument;
};

static void adams_moulton_system1(const double *k, double *r, void *context)
{
    struct adams_moulton_system1 *s = context;
    size_t n = s->n;
    double t = s->t, h = s->h;
    const double *k1 = k;
    for (size_t i = 0; i < n; i++) s->argument[i] = s->z1[i] + h * 0.4166666666666667 * k1[i];
    s->f(t + h, s->argument, r, n, s->data);
    for (size_t i = 0; i < n; i++) r[i] = k1[i] - r[i];
    (void)t;
}

#define ADAMS_MOULTON_WORK 5

/* (x, d1, d2), n numbers each, become those one step of size h later. */
/* work has room for ADAMS_MOULTON_WORK * n numbers. */
/* Returns 0, or 1 where the implicit stages are not solved. */
int adams_moulton_step(field f, void *data, size_t n, double t, double h, double *x, double *d1, double *d2, double *work)
{
    double *z1 = work;
    double *k1 = work + n;
    double *y = work + 2 * n;
    double *d1_new = work + 3 * n;
    for (size_t i = 0; i < n; i++) z1[i] = x[i] + 0.6666666666666666 * d1[i] - 0.08333333333333333 * d2[i];
    f(t + h, z1, k1, n, data);
    struct adams_moulton_system1 system1 = {f, data, n, t, h, z1, work + 4 * n};
    if (newton(adams_moulton_system1, &system1, k1, n)) return 1;
    for (size_t i = 0; i < n; i++) y[i] = z1[i] + h * 0.4166666666666667 * k1[i];
    for (size_t i = 0; i < n; i++) d1_new[i] = h * k1[i];
    for (size_t i = 0; i < n; i++) d2[i] = d1[i];
    for (size_t i = 0; i < n; i++) d1[i] = d1_new[i];
    for (size_t i = 0; i < n; i++) x[i] = y[i];
    return 0;
}
