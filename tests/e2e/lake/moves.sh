# A table moves out of a bucket with versions while somebody reads it. Sourced by run.sh.
a_table_moves() { :; }
