DROP TABLE points; DROP TABLE results
