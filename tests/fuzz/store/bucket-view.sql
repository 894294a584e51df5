DROP TABLE buckets; CREATE VIEW buckets AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x AS point, x AS histogram, x AS low, x AS high, x AS count FROM c
