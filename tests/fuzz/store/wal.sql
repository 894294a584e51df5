PRAGMA journal_mode = WAL; UPDATE made_by SET value = 1
