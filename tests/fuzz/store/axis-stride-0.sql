UPDATE axes SET stride = 0
