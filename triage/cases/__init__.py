"""Makes one case of what was handed over: reads cores as incidents, and joins each with the log of the same death."""
