/* One step of trbdf2(gamma=2-sqrt(2)); written from the exact scheme by schemetools. */

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

struct trbdf2_system1 {
    field f;
    void *data;
    size_t n;
    double t, h;
    const double *z2;
    double *argument;
};

static void trbdf2_system1(const double *k, double *r, void *context)
{
    struct trbdf2_system1 *s = context;
    size_t n = s->n;
    double t = s->t, h = s->h;
    const double *k2 = k;
    for (size_t i = 0; i < n; i++) s->argument[i] = s->z2[i] + h * 0.2928932188134525 * k2[i];
    s->f(t + 0.585786437626905 * h, s->argument, r, n, s->data);
    for (size_t i = 0; i < n; i++) r[i] = k2[i] - r[i];
    (void)t;
}

struct trbdf2_system2 {
    field f;
    void *data;
    size_t n;
    double t, h;
    const double *z3;
    double *argument;
};

static void trbdf2_system2(const double *k, double *r, void *context)
{
    struct trbdf2_system2 *s = context;
    size_t n = s->n;
    double t = s->t, h = s->h;
    const double *k3 = k;
    for (size_t i = 0; i < n; i++) s->argument[i] = s->z3[i] + h * 0.2928932188134525 * k3[i];
    s->f(t + h, s->argument, r, n, s->data);
    for (size_t i = 0; i < n; i++) r[i] = k3[i] - r[i];
    (void)t;
}

#define TRBDF2_WORK 8

/* (x), n numbers each, become those one step of size h later. */
/* work has room for TRBDF2_WORK * n numbers. */
/* An estimate of the step's error goes to error, unless that is NULL. */
/* Returns 0, or 1 where the implicit stages are not solved. */
int trbdf2_step(field f, void *data, size_t n, double t, double h, double *x, double *error, double *work)
{
    double *k1 = work;
    double *z2 = work + n;
    double *k2 = work + 2 * n;
    double *z3 = work + 3 * n;
    double *k3 = work + 4 * n;
    double *y = work + 5 * n;
    double *estimate = work + 6 * n;
    f(t, x, k1, n, data);
    for (size_t i = 0; i < n; i++) z2[i] = x[i] + h * 0.2928932188134525 * k1[i];
    f(t + 0.585786437626905 * h, z2, k2, n, data);
    struct trbdf2_system1 system1 = {f, data, n, t, h, z2, work + 7 * n};
    if (newton(trbdf2_system1, &system1, k2, n)) return 1;
    for (size_t i = 0; i < n; i++) z3[i] = x[i] + h * (0.3535533905932738 * k1[i] + 0.3535533905932738 * k2[i]);
    f(t + h, z3, k3, n, data);
    struct trbdf2_system2 system2 = {f, data, n, t, h, z3, work + 7 * n};
    if (newton(trbdf2_system2, &system2, k3, n)) return 1;
    for (size_t i = 0; i < n; i++) y[i] = z3[i] + h * 0.2928932188134525 * k3[i];
    if (error) {
        for (size_t i = 0; i < n; i++) estimate[i] = h * (0.13807118745769836 * k1[i] - 0.3333333333333333 * k2[i] + 0.19526214587563498 * k3[i]);
        for (size_t i = 0; i < n; i++) error[i] = estimate[i];
    }
    for (size_t i = 0; i < n; i++) x[i] = y[i];
    return 0;
}
