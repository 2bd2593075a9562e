"""The sampler in WebAssembly: the lowered program in a portable form, and what runs it."""
