UPDATE results SET divisor = 0
