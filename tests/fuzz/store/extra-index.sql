CREATE INDEX i ON points(cell)
