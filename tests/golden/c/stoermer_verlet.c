/* One step of stoermer_verlet; written from the exact scheme by schemetools. */

#include <math.h>
#include <stddef.h>

/* du = f(t, u), for n numbers. */
typedef void (*field)(double t, const double *u, double *du, size_t n, void *data);

#define STOERMER_VERLET_WORK 6

/* (p, q), n numbers each, become those one step of size h later. */
/* work has room for STOERMER_VERLET_WORK * n numbers. */
int stoermer_verlet_step(field F, field G, void *data, size_t n, double t, double h, double *p, double *q, double *work)
{
    double *k1 = work;
    double *y2 = work + n;
    double *k2 = work + 2 * n;
    double *y3 = work + 3 * n;
    double *k3 = work + 4 * n;
    double *y = work + 5 * n;
    F(t, q, k1, n, data);
    for (size_t i = 0; i < n; i++) y2[i] = p[i] + h * 0.5 * k1[i];
    G(t + 0.5 * h, y2, k2, n, data);
    for (size_t i = 0; i < n; i++) y3[i] = q[i] + h * k2[i];
    F(t + h, y3, k3, n, data);
    for (size_t i = 0; i < n; i++) y[i] = y2[i] + h * 0.5 * k3[i];
    for (size_t i = 0; i < n; i++) q[i] = y3[i];
    for (size_t i = 0; i < n; i++) p[i] = y[i];
    return 0;
}
