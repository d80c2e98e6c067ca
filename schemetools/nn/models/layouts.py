"""The residual networks of the literature as layouts: what each is, and where it differs from the published one."""

from schemetools.nn.models.resnet import Layout


def cifar(depth: int, *, bottleneck: bool = False) -> Layout:
    """ResNet for 32 x 32 images: three stages of widths 16, 32, 64, (depth - 2)/6 branches each.

    With bottleneck (depth - 2)/9 branches each, four times as wide outside.
    Source: He et al. 2016 (arXiv 1603.05027), section 3.
    """
    if bottleneck:
        return Layout(((depth - 2) // 9,) * 3, (4, 8, 16), kind="bottleneck")
    return Layout(((depth - 2) // 6,) * 3, (1, 2, 4))


def imagenet(blocks: tuple[int, int, int, int]) -> Layout:
    """ResNet for 224 x 224 images: 7x7 convolution and max pooling, then four stages of bottleneck branches.

    Widths 256, 512, 1024, 2048 outside, a quarter of it inside. Smaller images pass as well, down to 1 x 1.
    Source: He et al. 2016 (arXiv 1512.03385), table 1, with the identity mappings of arXiv 1603.05027.
    """
    return Layout(blocks, (4, 8, 16, 32), width=64, kind="bottleneck", large=True)


def resnext29(cardinality: int) -> Layout:
    """ResNeXt-29 (cardinality x 64d) for 32 x 32 images: F(u) = sum_i T_i(u), the 3x3 convolution in groups.

    Three stages of three bottleneck branches, widths 256, 512, 1024 outside and cardinality * (64, 128, 256) inside.
    With "lm" it is LM-ResNeXt. Pre-activation, as in Lu et al.; Xie et al. have the activation behind the sum.
    Source: Xie et al. 2017 (arXiv 1611.05431), section 5.3; Lu et al. 2018 (arXiv 1710.10121), section 4.
    """
    return Layout((3, 3, 3), (4, 8, 16), width=64, kind="bottleneck", groups=cardinality)


def polynet() -> Layout:
    """PolyNet's poly-2 modules as a scheme, u + F(u + F(u)), one branch F for both evaluations.

    The published module is u + F(u) + F(F(u)). It is this for linear F only, and else no scheme: its second
    evaluation is at F(u) and not near u. Published are Inception branches for ImageNet, several kinds of modules in
    turn; here the branches and stages are those of the ResNet for small images (depth 20), and other m are polynet(m).
    Source: Zhang et al. 2017 (arXiv 1611.05725), section 3.
    """
    return Layout((3, 3, 3), (1, 2, 4), scheme="polynet(2)", shared=True)


def fractalnet() -> Layout:
    """FractalNet as a Runge-Kutta method: one step of fractalnet(3), three columns, in each of five blocks.

        f_1 = E_h,   f_(C+1) = (f_C o f_C + E)/2,   E_h(u) = u + h F(u),   F = norm-ReLU-conv 3x3

    This is how Lu et al. read it. The published network has no identity path (f_1 is a convolution alone), convolves
    before it normalises, has a convolution of its own for every column that starts at the same point (here they are
    one evaluation, so 2^(C-1) branches in place of 2^C - 1), pools between the blocks (here a projected Euler step
    halves the resolution), and trains by drop-path. The blocks have 64, 128, 256, 512, 512 channels, as published.
    Source: Larsson et al. 2017 (arXiv 1605.07648), section 2; Lu et al. 2018 (arXiv 1710.10121), section 2.
    """
    return Layout((1,) * 5, (1, 2, 4, 8, 8), width=64, kind="single", scheme="fractalnet(3)", whole=True)


def ho_resnet() -> Layout:
    """HO-ResNet: two steps of rk4 per stage, each evaluation with a branch of its own.

    The order of the scheme is void then, since no one f is integrated, and a block's repr says so; `shared=True` makes
    it a statement again. With "midpoint", "rk38" or "verner89" the same, with "nested(rk4, midpoint)" one reading of
    Nested HO-Net. The published blocks end in a ReLU behind the sum, and change shape inside; here that is a
    projected Euler step.
    Source: Luo et al. 2022 (arXiv 2103.15244), section 3.
    """
    return Layout((2, 2, 2), (1, 2, 4), scheme="rk4", whole=True)


LAYOUTS = {f"resnet{depth}": cifar(depth) for depth in (20, 32, 44, 56, 110, 1202)}
LAYOUTS["resnet164"] = cifar(164, bottleneck=True)
LAYOUTS |= {f"resnext29_{cardinality}x64d": resnext29(cardinality) for cardinality in (8, 16)}
LAYOUTS |= {f"resnet{depth}": imagenet((3, a, b, 3)) for depth, a, b in ((50, 4, 6), (101, 4, 23), (152, 8, 36))}
LAYOUTS |= {"polynet": polynet(), "fractalnet": fractalnet(), "ho_resnet": ho_resnet()}
