UPDATE points SET cell = 99999
