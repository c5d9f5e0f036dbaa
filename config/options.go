// Package config gathers what the user chose: defaults, then a YAML file, then
// environment variables PCAPMILL_*, then flags; later ones win.
//
// One table (Options) makes flags, configuration file, environment, schema and
// help. A file is one flat mapping from option name to value:
//
//	# pcapmill.yaml
//	ip: anonymize
//	key-file: project.key
//	drop: [dns, background]
//
// Unknown keys are errors with the line and a suggestion. An environment
// variable is the option's name in capitals with "_" for "-": PCAPMILL_KEY_FILE;
// an empty one counts as not given. Paths are relative to the working directory,
// wherever they are written.
package config

import (
	"strings"
)

// Kind is the type of an option's value.
type Kind uint8

// Kinds.
const (
	Text   Kind = iota
	Number      // a whole number, 0 or more
	Switch      // on or off
	List        // comma-separated words; a sequence in YAML
)

// Option is one choice a user has.
type Option struct {
	Name    string
	Kind    Kind
	Default string
	Values  []string // what Text and List may be; nil: anything
	Short   string   // one line for --help
	Long    string   // unit, meaning of each value, where the default comes from
	Arg     string   // what the value is called in --help
	Group   string   // heading that --help, the manual and the template put it under
}

// Env is the environment variable of the option.
func (o *Option) Env() string {
	return "PCAPMILL_" + strings.ToUpper(strings.ReplaceAll(o.Name, "-", "_"))
}

// Options is the table, in the order of --help.
func Options() []Option { return options }

var (
	address   = []string{"remove", "zero", "anonymize", "keep"}
	ipAddress = []string{"remove", "zero", "anonymize", "prefix", "keep"}
)

var options = []Option{
	{
		Name: "out", Kind: Text, Group: "Output", Arg: "DIR",
		Short: "directory of the dataset; made if absent, added to if it holds one",
		Long:  "The directory that the dataset is written to. A dataset that is there is added to, under the same settings.",
	},
	{
		Name: "labels", Kind: Text, Default: "iscx-vpn", Group: "Labels", Arg: "NAME|FILE",
		Short: "class table: iscx-vpn, ustc-tfc2016, quic-netflow, or a YAML or JSON file",
		Long:  "The mapping from class to keywords. A capture's label is the class whose longest keyword occurs in its base name, in any case. 'pcapmill labels --print NAME' shows a built-in one to start from.",
	},
	{
		Name: "unknown", Kind: Text, Default: "keep", Values: []string{"keep", "skip", "error"}, Group: "Labels", Arg: "keep|skip|error",
		Short: "captures that no class matches: label 255, leave out, or refuse",
		Long:  "What happens to captures whose name no class matches: keep gives them label 255, skip leaves them out, error refuses to start. They are counted and shown in any case.",
	},
	{
		Name: "stdin-name", Kind: Text, Default: "stdin", Group: "Labels", Arg: "NAME",
		Short: "what a capture on standard input (-) is called, for its label",
		Long:  "Labels come from names, and standard input has none.",
	},
	{
		Name: "mac", Kind: Text, Default: "remove", Values: address, Group: "Masking", Arg: "remove|zero|anonymize|keep",
		Short: "everything before the IP header, or its MAC addresses",
		Long:  "remove cuts everything before the IP header, for every link type. With the other values an Ethernet packet begins at its first byte, and its two addresses are zeroed, replaced by pseudonyms, or kept; packets of other link types still begin at the IP header.",
	},
	{
		Name: "ip", Kind: Text, Default: "zero", Values: ipAddress, Group: "Masking", Arg: "remove|zero|anonymize|prefix|keep",
		Short: "source and destination IP addresses",
		Long:  "zero and anonymize keep the length; remove cuts the address bytes out of the header. anonymize puts a pseudonym in the place of each address: the same one wherever the address occurs. prefix does so by Crypto-PAn, which keeps common prefixes (subnets stay subnets, of IPv4 and IPv6) and needs a key of 32 bytes. keep leaves the addresses in the samples.",
	},
	{
		Name: "ports", Kind: Text, Default: "zero", Values: []string{"zero", "keep"}, Group: "Masking", Arg: "zero|keep",
		Short: "source and destination ports",
		Long:  "Ports often name the application, and then they are all that a model learns.",
	},
	{
		Name: "checksums", Kind: Text, Default: "zero", Values: []string{"zero", "keep"}, Group: "Masking", Arg: "zero|keep",
		Short: "checksums of the IPv4, TCP and UDP headers",
		Long:  "A checksum gives back the addresses that it covers.",
	},
	{
		Name: "udp-pad", Kind: Switch, Default: "off", Group: "Masking", Arg: "on|off",
		Short: "insert 12 zero bytes behind the UDP header",
		Long:  "So that the payloads of UDP and of TCP without options start at the same place. Length fields are not touched.",
	},
	{
		Name: "content", Kind: Text, Default: "packet", Values: []string{"packet", "payload"}, Group: "Masking", Arg: "packet|payload",
		Short: "what a packet contributes: headers and payload, or payload only",
		Long:  "payload is only what stands behind the TCP or UDP header; the masks of header fields then have nothing to act on.",
	},
	{
		Name: "key-file", Kind: Text, Group: "Masking", Arg: "FILE",
		Short: "secret key for pseudonyms; without it they can be reversed",
		Long:  "The file's bytes are the key, exactly as they stand; 'pcapmill keygen FILE' makes one. It keys HMAC-SHA-256 for anonymize (any length) and Crypto-PAn for --ip prefix (exactly 32 bytes). The key reaches no output; the manifest holds an id of it. A file that others than its owner can read, and a key of less than 16 bytes, are warned about.",
	},
	{
		Name: "drop", Kind: List, Default: "tcp-control,dns,background", Values: []string{"tcp-control", "dns", "background", "none"}, Group: "Selection", Arg: "LIST|none",
		Short: "packets to leave out: tcp-control, dns, background, or none",
		Long:  "tcp-control: TCP without payload. dns: TCP or UDP port 53. background: UDP ports 67 68 123 137 138 546 547 1900 3702 5353 5355.",
	},
	{
		Name: "dedup", Kind: Text, Default: "sample", Values: []string{"sample", "session", "none"}, Group: "Selection", Arg: "sample|session|none",
		Short: "sessions of equal label to drop: equal samples, equal whole sessions, none",
		Long:  "The first stays, over the whole dataset and across runs. Equal bytes under different labels are a conflict: both stay, and the number is reported.",
	},
	{
		Name: "length", Kind: Number, Default: "784", Group: "Samples", Arg: "BYTES",
		Short: "bytes of a sample",
		Long:  "784 is 28x28, the size of the MNIST images and of USTC-TFC2016. Another length needs --shape unless it is a square.",
	},
	{
		Name: "shape", Kind: Text, Default: "28x28", Group: "Samples", Arg: "ROWSxCOLS",
		Short: "shape of a sample, row-major",
		Long:  "Rows times columns is the length.",
	},
	{
		Name: "workers", Kind: Number, Default: "0", Group: "Running", Arg: "N",
		Short: "captures read at the same time; 0 = one a core",
		Long:  "The number changes no byte of the dataset.",
	},
}

// find returns the option of that name.
func find(name string) (*Option, bool) {
	for i := range options {
		if options[i].Name == name {
			return &options[i], true
		}
	}
	return nil, false
}
