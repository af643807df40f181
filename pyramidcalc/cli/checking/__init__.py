"""What `check` is made of: reading a spec, running its checks, writing the results, updating the spec."""
