// Package leak searches a finished dataset for what its masks should have
// hidden: every address, and on request every host name, that occurs in the
// captures that it was made from.
//
// # What is searched for
//
// The source and destination of every IPv4 and IPv6 header, the addresses in its
// options and extension headers, and the addresses of every link header
// (header.LinkType.Addresses), of all packets, those that are left out of sessions
// included; and the same of the packets inside VXLAN, Geneve and GTP-U. Not those of
// other inner headers (ICMP quotations, GRE, ARP): they are content, and in no
// session. Packets of link types that are not decoded are counted: their addresses
// are not known.
// Host names are those of DNS questions and answers (ports 53, 5353, 5355), of
// TLS ClientHellos over TCP (server_name, as far as it stands in the first
// segment) and of HTTP/1 Host headers; not those inside QUIC, TLS or HTTP/2.
//
// Each address is searched for as bytes, in both byte orders; as text: dotted
// quad, IPv6 after RFC 5952 and in full, MAC with colons, dashes, dots and
// nothing between, in any case of letters; each name as text and as DNS labels,
// in any case. Text counts only where it does not go on: 10.0.0.1 is not found
// in 10.0.0.17. IPv4 addresses as eight hexadecimal digits, or as one number, are not
// searched for: any digest holds some.
//
// Addresses of few byte values (IPv4: one or two, others: up to three besides zero),
// such as 1.1.1.1 or 02:aa:00:00:00:06, occur as bytes in any file; what is found of them is
// counted apart, as plain bytes.
//
// Left out are addresses and names that say nothing about who they are (see
// WellKnown, WellKnownName), texts that are too short to be found by other than
// chance (see MinText), and names with characters that do not print or with less
// than four different ones.
//
// # What a find means
//
// The captures are read again, their sessions put together without the mask, and
// every sample is laid beside the session that it was made from. So it is known
// of every byte of a sample which header field or payload byte it is, and what
// stood there in the capture. No key is needed. The verdicts:
//
//	field      BROKEN: a header field that is not as its mask promises: zero
//	           where it is zeroed, other than the original where it is replaced, the
//	           difference where it is relative; payload and names in it, too
//	outside    BROKEN: an address or name outside of the samples, as text, or,
//	           for addresses of 6 and 16 bytes, as bytes; in a file's name, too
//	strange    BROKEN: samples that their capture does not give under the
//	           settings of the manifest, so that nothing can be said of their fields
//	kept       a field that --mac keep or --ip keep left
//	payload    in what stands behind the TCP or UDP header
//	tunnel     there, as bytes, and an address of inner headers of a tunnel
//	header     in other header bytes (options, extension headers, numbers that look
//	           so), or across the seam of two parts
//	pseudonym  a field whose pseudonym is another address of the captures, by chance
//	copy       in another file, within bytes that stand in a sample, too; in one of a
//	           format that compresses, an address or name that stands in a sample
//	unplaced   in a sample whose capture was not named: not judged
//	bytes      an address of 4 bytes as bytes, or plain bytes, outside of the
//	           samples: judge by chance
//
// For addresses of 4 bytes as bytes, the number of finds to expect by chance is
// computed: positions searched, times the sum over all addresses of the product
// of the frequencies of its bytes there, in the file, or in the payloads or headers of
// the samples. Structured data has more finds than that.
//
// Memory: the addresses and names (at most MaxSecrets), and for one capture at a
// time the first bytes of its sessions, with some 40 bytes for each packet that
// they begin with.
package leak

// MaxSecrets is how many different addresses and names are searched for at most,
// unless Options say otherwise. Each takes some 300 bytes of memory.
const MaxSecrets = 1 << 20

// MinText is the least length in bytes of a text that is searched for; names
// without a dot need eight.
const MinText = 6

// Kind is what was found.
type Kind uint8

// Kinds.
const (
	IPv4 Kind = iota
	IPv6
	MAC
	Name
	Ports    // a field that is not zero
	Checksum // a field that is not zero
	Masked   // a field of --mask, or a name in payload
	Sample   // as a whole

	kinds
)

var kindNames = [kinds]string{"IPv4 address", "IPv6 address", "MAC address", "host name", "ports", "checksum", "masked", "sample"}

func (k Kind) String() string { return kindNames[k] }

// Form is how it was written.
type Form uint8

// Forms.
const (
	Bytes    Form = iota
	Reversed      // bytes in the other order
	Plain         // bytes in either order, of an address of few byte values
	Text
	Labels // of DNS

	forms
)

var formNames = [forms]string{"bytes", "bytes, reversed", "plain bytes", "text", "DNS labels"}

func (f Form) String() string { return formNames[f] }

// Verdict is what a find means; see the package comment.
type Verdict uint8

// Verdicts. The first three break a promise.
const (
	Field Verdict = iota
	Outside
	Strange
	Kept
	Payload
	Inner // "tunnel"
	Header
	Pseudonym
	Copy
	Unplaced
	Elsewhere // "bytes"

	verdicts
)

var verdictNames = [verdicts]string{"field", "outside", "strange", "kept", "payload", "tunnel", "header", "pseudonym", "copy", "unplaced", "bytes"}

func (v Verdict) String() string { return verdictNames[v] }

// Broken reports whether the verdict breaks a promise.
func (v Verdict) Broken() bool { return v <= Strange }
