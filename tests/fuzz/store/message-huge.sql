UPDATE points SET message = zeroblob(90000)
