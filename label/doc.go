// Package label gives a capture its class by its file name.
//
// A class table is an ordered list of classes, each with its keywords. The
// position of a class is its id, from 0; 255 is no class but means unknown, and
// in a table of more than 255 classes 65535 does ([UnknownOf]). A capture's class
// is the one with the longest keyword that occurs in the capture's base name. So
// under the table
//
//	Chat: [skype_chat]
//	VPN_Chat: [vpn_skype_chat]
//
// vpn_skype_chat1a.pcap is VPN_Chat, not Chat, whichever class stands first.
//
// # Matching
//
//   - Only the base name counts: what follows the last slash (on Windows also
//     the last backslash), extension included. Folders never match.
//   - Upper and lower case are the same, in the keyword and in the name, by
//     Unicode's simple case folding. Nothing else is folded: no accents, no
//     normal forms, no blanks.
//   - The length of a keyword is its number of characters (code points).
//   - Two classes whose keywords are equally long and longer than all others that
//     occur are a tie. A tie is an error ([TieError]) that names the file, the
//     classes and the keywords; two keywords of one class are no tie.
//   - A name without any keyword has the label [Table.Unknown], which is no error here.
//
// # Class tables as text
//
// [Parse] reads YAML or JSON: one mapping from class name to a list of keywords,
// in id order. Scalars are taken as the text that stands there, whatever YAML
// would make of it: 0123, on and 1e3 are keywords of four, two and three
// characters. A table has 1 to 65535 classes; a class without keywords is written [],
// keeps its id and never matches. Refused, with line, column and the place shown:
// anything that is not such a mapping, names or keywords that are empty, blank,
// longer than 255 bytes or hold control characters, a class named twice, the class
// name "unknown", one keyword (case folded) in two classes, more than one document,
// aliases, foreign tags, bytes that are not UTF-8, and text above 4 MiB.
//
// # Tasks
//
// In place of classes a text may have one entry, tasks: a mapping from task to a mapping from
// class to keywords, like tasks: {vpn: {VPN: [vpn], Plain: []}, app: {Chat: [chat]}}. The first
// task is the table's classes; all are in [Table.Tasks], and each is a table of its own: a class or
// keyword may be in several. There are 1 to 16 of them, and a task is called like no other
// column of the table of samples.
//
// # Built-in tables
//
// [Builtins] are iscx-vpn (the default), ustc-tfc2016 and quic-netflow, the tables
// of the public data sets of those names. They are tested against every file name
// of those data sets; the names stand in testdata.
//
// Nothing in this package changes after it was made: a [Table] may be used by any
// number of goroutines as long as nobody writes to its fields.
package label
