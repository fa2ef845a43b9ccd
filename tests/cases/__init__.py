"""Tables of cases: strangers' programs, files and machines, and people with a motive."""
