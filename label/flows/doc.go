// Package flows gives a session its class by a table of flows: five-tuple, time
// interval, class, one flow a line, as intrusion detection data sets and alert logs
// have them.
//
// # Tables
//
// A table is CSV as RFC 4180 has it, separated by commas, semicolons, tabs or pipes (told by
// the header line); a log of Zeek (#fields); or JSON, an object a line. It is UTF-8, UTF-16
// or, where a name is not valid UTF-8, Windows-1252; lines end in \n, \r\n or \r; it may be
// compressed as captures may be. Columns are found by name, blanks around and case aside, in
// any order; without a header line by number, from 1; in JSON by path, like alert.signature.
// [Columns] says which; [Preset] knows those of some programs.
//
//	src_ip, dst_ip      addresses, IPv4 or IPv6
//	src_port, dst_port  0 to 65535
//	proto               a number or a name; rows of others than TCP (6) and UDP (17) are left
//	start               time of the first packet, see [Clock]
//	duration or end     optional; a number of units (below 0 counts as 0), or a time
//	label               the class; "unknown" is none
//
// A number may be 6, 6.0, 6e0 or 0x6 in every column. A field that is empty, - or (empty) has
// no value. A row that cannot be used is counted under a reason, see [Left], and too many of
// them refuse the table, see [RowsError]. What is wrong with the table itself, such as a quote
// that is never closed, is an *[Error] with file and line. A row has at most 1 MiB, all tables
// together at most 2^31-1 rows, and at most 65535 classes.
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
// whose interval touches the session's. If none does, it belongs to the last row without an
// end up to ten seconds before it: connections begin with packets that are left out. If all of them have one class, that is the
// session's. If two have different ones the session has none, and [ConflictError] names
// both lines.
//
// Addresses are in memory only. No error and no string of this package has one.
package flows
