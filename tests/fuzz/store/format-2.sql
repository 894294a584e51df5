UPDATE identity SET value = '2' WHERE key = 'format'
