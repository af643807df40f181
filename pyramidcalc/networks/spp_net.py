"""SPP-net as the PyTorch ports write it."""

from pyramidcalc.blocks._units import normed, padded_conv, positive
from pyramidcalc.blocks.spp import spp
from pyramidcalc.graph import Builder, Value
from pyramidcalc.layers.activation import LeakyReLU, Sigmoid
from pyramidcalc.layers.linear import Linear

INPUT = (3, 224, 224)

BINS = (4, 2, 1)
HIDDEN = 4096
LEAKY = LeakyReLU()


def spp_net(b: Builder, x: Value, *, classes: int = 1000) -> Value:
    """SPP-net (the PyTorch ports' small one): four 4×4 convolutions, a spatial pyramid, two linear layers.

    The pyramid's vector has 512·21 = 10752 features for every input that it takes. The ports' class also holds a
    fifth convolution and its BatchNorm, which nothing calls; they are not here.

    Options:
        classes: output features.

    Source: He, Zhang, Ren, Sun 2015, arXiv 1406.4729; the SPP_NET of its PyTorch ports.
    """
    positive("spp-net", "classes", classes)
    x = b.add("conv1", padded_conv(x.width, 64, 4, stride=2), x)
    x = b.add("act1", LEAKY, x)
    for number, channels in ((2, 128), (3, 256)):
        x = normed(b, x, padded_conv(x.width, channels, 4), f"conv{number} norm{number} act{number}", LEAKY)
    last = b.add("conv4", padded_conv(x.width, 512, 4), x)
    with b.scope("spp"):
        x = spp(b, last, bins=BINS)
    x = b.add("fc1", Linear(last.width * sum(count**2 for count in BINS), HIDDEN), x)
    x = b.add("fc2", Linear(HIDDEN, classes), x)
    return b.add("sigmoid", Sigmoid(), x)
