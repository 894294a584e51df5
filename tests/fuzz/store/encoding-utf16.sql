PRAGMA encoding = 'UTF-16'; UPDATE identity SET value = 'ü' WHERE key = 'about'
