"""schemetools: a numerical scheme written down once, exactly; derived as mathematics, generated as a network, read
back.

Every public name is loaded on first use, so that importing the package costs nothing and the core needs neither
torch nor matplotlib. Catalog names (`schemetools.rk4`, `schemetools.lm`) resolve here as well.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

PUBLIC = {
    "errors": ("SchemeError", "SchemeWarning"),
    "schemes.runge_kutta": ("RungeKutta",),
    "schemes.multistep": ("LinearMultistep",),
    "schemes.additive": ("AdditiveRungeKutta",),
    "schemes.base": ("GeneralLinear", "as_scheme"),
    "schemes.masked": ("MaskedEuler",),
    "schemes.runge_kutta_nystrom": ("RungeKuttaNystrom", "nystrom_form"),
    "schemes.variable": ("VariableMultistep",),
    "schemes.stencil": ("Stencil",),
    "schemes.semidiscrete": ("MethodOfLines", "Operator", "method_of_lines"),
    "schemes.difference": ("DifferenceScheme",),
    "schemes.flux": ("FluxForm",),
    "schemes": ("stencils",),
    "schemes.dimsim": ("dimsim", "peer"),
    "schemes.extended": ("ebdf", "mebdf"),
    "schemes.imex_multistep": ("ImexMultistep",),
    "schemes.predictor": ("predictor_corrector",),
    "schemes.rosenbrock": ("Rosenbrock",),
    "schemes.exponential": ("Exponential",),
    "schemes.low_storage": ("low_storage", "low_storage_form"),
    "schemes.extrapolation": ("extrapolation",),
    "schemes.splitting": ("splitting",),
    "schemes.corrections": ("deferred_correction",),
    "schemes.parareal": ("parareal",),
    "schemes.shu_osher": ("from_shu_osher", "from_stability_function"),
    "schemes.registry": ("get", "names"),
    "schemes.files": ("load", "save"),
    "schemes.transforms": ("adjoint", "compose", "nest", "picard", "randomise", "rescale", "steps", "to_float"),
    "schemes.pairs": ("embedded",),
    "schemes.random": ("random_symbol",),
    "schemes.references": ("reference",),
    "analysis.trees.tree": ("Tree", "rooted_trees"),
    "analysis.modified": ("ModifiedEquation", "modified_equation"),
    "analysis.modified.modifying": ("modifying_integrator",),
    "analysis.modified.modified_pde": ("ModifiedPDE",),
    "analysis.modified.nonlinear": ("NonlinearModifiedPDE",),
    "analysis.modified.system_pde": ("ModifiedSystem",),
    "analysis.modified.stochastic": ("StochasticModifiedEquation",),
    "analysis.modified.masked": ("MaskedEquation",),
    "analysis.modified.scheduled": ("ScheduledEquation",),
    "analysis.properties.conditions": ("order_conditions",),
    "analysis.properties.order": ("order", "is_consistent", "stage_order", "error_constant"),
    "analysis.properties.principal": ("principal_error",),
    "analysis.properties.judgement": ("OrderReport",),
    "analysis.properties.recover": ("recover",),
    "analysis.properties.certificate": ("Certificate", "certify"),
    "analysis.properties.geometry": ("is_symplectic", "is_symmetric", "energy_order"),
    "analysis.properties.conjugate": ("conjugate_order",),
    "analysis.modified.second_order": ("second_order_limit",),
    "analysis.series.bseries": ("BSeries",),
    "analysis.series.kernels": ("kernel_moments", "kernel_from_moments"),
    "analysis.properties.cost": ("cost",),
    "analysis.properties.stiff_order": ("stiff_order",),
    "analysis.stability": ("MeanSquareStability", "Stability", "VonNeumannStability", "stability"),
    "codegen.source": ("to_source", "to_stepper"),
    "control.diffusion": ("Diffusion",),
    "control.kolmogorov": ("ValueFunction", "value_function"),
    "control.objective": ("Objective", "objective"),
    "interop.solve": ("solve",),
    "interop.convergence": ("convergence",),
    "interop.out": ("to_scipy", "to_diffrax", "to_torchdiffeq"),
    "nn.blocks.make": ("to_block",),
    "nn.stacks.stack": ("to_stack",),
    "nn.rewiring.convert": ("convert",),
    "nn.reading.inspect": ("inspect",),
    "nn.rewiring.retrofit": ("retrofit",),
    "present.plot_waves": ("plot_dispersion", "plot_dissipation", "plot_plane", "plot_spectrum"),
    "present.plot": ("plot_stability", "plot_sweep", "plot_eigenvalues"),
    "present.loci": ("plot_locus", "plot_order_star", "plot_relative_stability"),
    "present.imex": ("plot_imex",),
    "present.trained": ("plot_layers", "plot_coefficients"),
    "present.tables": ("plot_table",),
    "present.convergence": ("plot_convergence",),
    "present.formulas": ("latex",),
    "present.page.document": ("Page", "report"),
}
_SUBMODULES = frozenset(
    {"analysis", "cli", "codegen", "control", "demo", "errors", "exact", "interop", "nn", "present", "schemes"}
)
_HOME = {name: module for module, names in PUBLIC.items() for name in names}
__all__ = [*_HOME, "schemes"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        try:
            value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise ModuleNotFoundError(
                f"schemetools.{name} needs PyTorch; install it, or schemetools[torch]", name="torch"
            ) from None
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.schemes"), name)
    except AttributeError as error:
        difflib = importlib.import_module("difflib")  # nobody else needs it
        near = difflib.get_close_matches(name, _HOME, n=1, cutoff=0.8)
        raise AttributeError(f"did you mean {near[0]}? As a scheme: {error}" if near else str(error)) from None


def __dir__() -> list[str]:
    return sorted({*_HOME, *_SUBMODULES, "__version__", *dir(importlib.import_module(f"{__name__}.schemes"))})
