"""HTTP as every job protocol needs it: one connection, deadlines, JSON read tolerantly, faults in our own kinds."""
