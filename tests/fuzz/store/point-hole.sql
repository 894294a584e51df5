DELETE FROM points WHERE point = 3
