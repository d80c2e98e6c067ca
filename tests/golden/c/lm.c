/* One step of lm(k); written from the exact scheme by schemetools. */

#include <math.h>
#include <stddef.h>

/* du = f(t, u), for n numbers. */
typedef void (*field)(double t, const double *u, double *du, size_t n, void *data);

#define LM_WORK 2

/* (x, u1), n numbers each, become those one step of size h later. */
/* work has room for LM_WORK * n numbers. */
int lm_step(field f, void *data, size_t n, double t, double h, double *x, double *u1, double k, double *work)
{
    double *k1 = work;
    double *y = work + n;
    f(t, x, k1, n, data);
    for (size_t i = 0; i < n; i++) y[i] = (1 - k) * x[i] + k * u1[i] + h * k1[i];
    for (size_t i = 0; i < n; i++) u1[i] = x[i];
    for (size_t i = 0; i < n; i++) x[i] = y[i];
    return 0;
}
