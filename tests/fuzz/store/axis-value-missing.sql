DELETE FROM axis_values WHERE place = 1
