UPDATE buckets SET count = 'many'
