INSERT INTO axis_values SELECT 9, value, value, value FROM json_each(json_array(1,2,3))
