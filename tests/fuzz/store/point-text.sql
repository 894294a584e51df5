UPDATE points SET seed = 'x', fingerprint = 'y', records = -1
