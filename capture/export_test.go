package capture

// NewReaderLen is NewReader with a read buffer of another length in bytes: a
// small one is quick to make, and is full all the time.
var NewReaderLen = Options{}.newReader
