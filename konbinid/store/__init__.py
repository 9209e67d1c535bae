"""PostgreSQL: one module of SQL per table group; pool.py is the only user of txpostgres."""
