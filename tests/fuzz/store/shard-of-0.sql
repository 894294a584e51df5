UPDATE identity SET value = '0' WHERE key = 'shards'
