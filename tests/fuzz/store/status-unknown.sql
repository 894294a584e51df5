UPDATE points SET status = 'x'
