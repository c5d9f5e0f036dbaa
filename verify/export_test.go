package verify

// WatchedBy is Watched with a number of workers.
var WatchedBy = watched
