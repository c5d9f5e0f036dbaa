package shard

// Small makes the job spill as often as it can.
func Small(j *Job) { j.spare = 1000; j.Plan.SmallTables(8_000) }
