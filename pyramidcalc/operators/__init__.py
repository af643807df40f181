"""Single layers as architectures: one function over a Builder a file, its options the fields of torch.nn's layer."""
