INSERT INTO metrics SELECT key + 2, 'm', 'm', '', 0, 0 FROM json_each('[1,2,3,4]')
