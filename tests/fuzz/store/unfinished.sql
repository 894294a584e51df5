UPDATE state SET finished = 0
