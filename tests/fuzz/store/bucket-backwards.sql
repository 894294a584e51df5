UPDATE buckets SET low = high, high = low
