UPDATE results SET value = 1e300, divisor = 0.5
