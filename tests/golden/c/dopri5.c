/* One step of dopri5; written from the exact scheme by schemetools. */

#include <math.h>
#include <stddef.h>

/* du = f(t, u), for n numbers. */
typedef void (*field)(double t, const double *u, double *du, size_t n, void *data);

#define DOPRI5_WORK 14

/* (x), n numbers each, become those one step of size h later. */
/* work has room for DOPRI5_WORK * n numbers. */
/* An estimate of the step's error goes to error, unless that is NULL. */
int dopri5_step(field f, void *data, size_t n, double t, double h, double *x, double *error, double *work)
{
    double *k1 = work;
    double *y2 = work + n;
    double *k2 = work + 2 * n;
    double *y3 = work + 3 * n;
    double *k3 = work + 4 * n;
    double *y4 = work + 5 * n;
    double *k4 = work + 6 * n;
    double *y5 = work + 7 * n;
    double *k5 = work + 8 * n;
    double *y6 = work + 9 * n;
    double *k6 = work + 10 * n;
    double *y = work + 11 * n;
    double *k7 = work + 12 * n;
    double *estimate = work + 13 * n;
    f(t, x, k1, n, data);
    for (size_t i = 0; i < n; i++) y2[i] = x[i] + h * 0.2 * k1[i];
    f(t + 0.2 * h, y2, k2, n, data);
    for (size_t i = 0; i < n; i++) y3[i] = x[i] + h * (0.075 * k1[i] + 0.225 * k2[i]);
    f(t + 0.3 * h, y3, k3, n, data);
    for (size_t i = 0; i < n; i++) y4[i] = x[i] + h * (0.9777777777777777 * k1[i] - 3.7333333333333334 * k2[i] + 3.5555555555555554 * k3[i]);
    f(t + 0.8 * h, y4, k4, n, data);
    for (size_t i = 0; i < n; i++) y5[i] = x[i] + h * (2.9525986892242035 * k1[i] - 11.595793324188385 * k2[i] + 9.822892851699436 * k3[i] - 0.2908093278463649 * k4[i]);
    f(t + 0.8888888888888888 * h, y5, k5, n, data);
    for (size_t i = 0; i < n; i++) y6[i] = x[i] + h * (2.8462752525252526 * k1[i] - 10.757575757575758 * k2[i] + 8.906422717743473 * k3[i] + 0.2784090909090909 * k4[i] - 0.2735313036020583 * k5[i]);
    f(t + h, y6, k6, n, data);
    for (size_t i = 0; i < n; i++) y[i] = x[i] + h * (0.09114583333333333 * k1[i] + 0.44923629829290207 * k3[i] + 0.6510416666666666 * k4[i] - 0.322376179245283 * k5[i] + 0.13095238095238096 * k6[i]);
    if (error) {
        f(t + h, y, k7, n, data);
        for (size_t i = 0; i < n; i++) estimate[i] = h * (0.0012326388888888888 * k1[i] - 0.0042527702905061394 * k3[i] + 0.03697916666666667 * k4[i] - 0.05086379716981132 * k5[i] + 0.0419047619047619 * k6[i] - 0.025 * k7[i]);
        for (size_t i = 0; i < n; i++) error[i] = estimate[i];
    }
    for (size_t i = 0; i < n; i++) x[i] = y[i];
    return 0;
}
