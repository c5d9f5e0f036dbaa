package rows

// Limit makes l append in place beyond the given size in bytes.
func (l *Log) Limit(size int64) { l.limit = size }
