"""A bistro's desk that asks critics and the floor, and writes letters afterwards, known to shaketable by its description alone."""
