"""Questions turned round: which layers give a size, which rates give a receptive field."""
