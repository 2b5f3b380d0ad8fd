"""JAX at its strictest, before any test imports the library."""

import hypothesis
import jax
import matplotlib

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

matplotlib.use("Agg")

# No deadline, since the first example compiles; derandomized, so that a failure comes back.
hypothesis.settings.register_profile("noflat", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("noflat")
