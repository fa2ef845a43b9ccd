"""Ray: a cluster, its workers and the pool. Nothing else of the product imports ray."""

TESTED_RAY = (2, 60)  # as the locks pin
