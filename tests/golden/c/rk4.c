/* One step of rk4; written from the exact scheme by schemetools. */

#include <math.h>
#include <stddef.h>

/* du = f(t, u), for n numbers. */
typedef void (*field)(double t, const double *u, double *du, size_t n, void *data);

#define RK4_WORK 8

/* (x), n numbers each, become those one step of size h later. */
/* work has room for RK4_WORK * n numbers. */
int rk4_step(field f, void *data, size_t n, double t, double h, double *x, double *work)
{
    double *k1 = work;
    double *y2 = work + n;
    double *k2 = work + 2 * n;
    double *y3 = work + 3 * n;
    double *k3 = work + 4 * n;
    double *y4 = work + 5 * n;
    double *k4 = work + 6 * n;
    double *y = work + 7 * n;
    f(t, x, k1, n, data);
    for (size_t i = 0; i < n; i++) y2[i] = x[i] + h * 0.5 * k1[i];
    f(t + 0.5 * h, y2, k2, n, data);
    for (size_t i = 0; i < n; i++) y3[i] = x[i] + h * 0.5 * k2[i];
    f(t + 0.5 * h, y3, k3, n, data);
    for (size_t i = 0; i < n; i++) y4[i] = x[i] + h * k3[i];
    f(t + h, y4, k4, n, data);
    for (size_t i = 0; i < n; i++) y[i] = x[i] + h * (0.16666666666666666 * k1[i] + 0.3333333333333333 * k2[i] + 0.3333333333333333 * k3[i] + 0.16666666666666666 * k4[i]);
    for (size_t i = 0; i < n; i++) x[i] = y[i];
    return 0;
}
