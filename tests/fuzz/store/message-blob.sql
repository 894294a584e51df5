UPDATE points SET message = x'1b5d00ff', status = 'broken'
