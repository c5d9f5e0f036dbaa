// Package flows gives a session its class by a table of flows: five-tuple, time
// interval, class, one flow a line, as intrusion detection data sets and alert logs
// have them.
//
// # Tables
//
// A table is a text file with a header line and one row a line, in CSV: separated by
// commas, semicolons or tabs (told by the header), fields that may be quoted with "",
// no line breaks in fields. Columns are found by name, blanks around and case aside,
// in any order; others are not looked at. [Columns] says which; [Preset] knows the names
// of CICFlowMeter. A byte order mark is passed over. Classes that are not UTF-8 are
// taken for Windows-1252, which the files of CIC-IDS2017 are.
//
//	src_ip, dst_ip      addresses, IPv4 or IPv6
//	src_port, dst_port  0 to 65535
//	proto               6, 17, tcp or udp; rows of other protocols are counted and left
//	start               time of the first packet, see [Clock]
//	duration or end     optional; a number of units (below 0 counts as 0), or a time
//	label               the class; an empty one, - and "unknown" are none: such rows are counted and left
//
// Rows whose fields are all empty, which some published files end with, are counted and
// left. Anything else that cannot be read is an *[Error] with file and line. A line has
// at most 1 MiB, all tables together at most 2^31-1 rows, and at most 65535 classes.
//
// In memory a row takes 44 bytes, 68 if one of its addresses is IPv6. [Load] refuses tables
// that do not fit into the memory it is given, with a *[MemoryError].
//
// # Time
//
// Nothing about clocks is guessed: a layout without time zone needs one, and an offset
// of the table's clock is added to all its times. A flow lasts from its start to its end,
// and as much longer as its times are coarse: a start that is given in minutes may be a
// minute late.
//
// # Matching
//
// A session belongs to the rows with its endpoints, either way round, and its protocol,
// whose interval touches the session's. If all of them have one class, that is the
// session's. If two have different ones the session has none, and [ConflictError] names
// both lines.
//
// Addresses are in memory only. No error and no string of this package has one.
package flows
