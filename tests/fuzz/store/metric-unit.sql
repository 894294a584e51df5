UPDATE metrics SET ps_exponent = 127, cycles_exponent = -128
