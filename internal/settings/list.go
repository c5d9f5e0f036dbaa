package settings

// Values that several options share.
var (
	address   = []string{"remove", "zero", "anonymize", "keep"}
	ipAddress = []string{"remove", "zero", "anonymize", "prefix", "keep"}
)

var options = []Option{
	{
		Name: "out", Kind: Path, Group: "Output", Arg: "DIR",
		Short: "directory of the dataset; made if absent, added to if it holds one",
		Long:  "The directory that the dataset is written to. A dataset that is there is added to, under the same settings.",
	},
	{
		Name: "format", Kind: List, Default: "idx", Values: []string{"idx", "mnist", "npy", "npz", "png", "wds", "parquet", "parquet-bytes", "tsv", "jsonl", "arrow", "nprint-csv", "table", "csv"}, Group: "Output", Arg: "LIST",
		Short: "idx, and what to render: npy, npz, png, wds, parquet, csv and others",
		Long:  "Each format has a folder of its name, which is replaced as a whole. idx is the pair of files that every dataset has. mnist: the same under the names of MNIST. npy: numpy arrays. npz: one archive of them under the names of Keras. png: pictures in a folder a class, for ImageFolder. wds: WebDataset shards. parquet: samples as pictures with labels, for Hugging Face datasets and DuckDB; parquet-bytes: the same with the bytes as they are. tsv and jsonl: text, for ET-BERT and for everybody. arrow: the form tokens as Arrow IPC streams, for netFound. nprint-csv: the bits of the form nprint. table: the table of samples as Parquet, without the samples; csv: the same as text.",
	},
	{
		Name: "gzip", Kind: Switch, Default: "off", Group: "Output", Arg: "on|off",
		Short: "mnist: compress the files",
		Long:  "As the files of MNIST are published. Programs that open only uncompressed ones, torchvision among them, need off.",
	},
	{
		Name: "layout", Kind: Text, Default: "flat", Values: []string{"flat", "raw"}, Group: "Output", Arg: "flat|raw",
		Short: "mnist: files in the folder itself, or in MNIST/raw for torchvision",
		Long:  "With raw the folder is the root that torchvision.datasets.MNIST(root) wants.",
	},
	{
		Name: "shard-size", Kind: Number, Default: "256", Group: "Output", Arg: "MIB",
		Short: "wds, parquet: a file has at most so many MiB",
		Long:  "A shard ends before it would be longer; for Parquet this counts before compression. One sample makes it longer only if it does not fit alone. At least 1.",
	},
	{
		Name: "shards", Kind: Number, Default: "0", Group: "Output", Arg: "N",
		Short: "wds, parquet: so many files a side, if there are as many samples",
		Long:  "Samples are dealt out evenly, in their order, so that as many workers of a loader have one each. More files where shard-size asks for them. 0 is 8 for wds, and for Parquet what shard-size asks for.",
	},
	{
		Name: "input-sha256", Kind: Switch, Default: "off", Group: "Output", Arg: "on|off",
		Short: "put the SHA-256 of each capture's file into the manifest",
		Long:  "What sha256sum prints, for publishing: it proves which captures a dataset was made from. Each file is read once more. Standard input and FIFOs, which can be read only once, have none.",
	},
	{
		Name: "labels", Kind: Path, Default: "iscx-vpn", Group: "Labels", Arg: "NAME|FILE",
		Short:   "class table: iscx-vpn, ustc-tfc2016, quic-netflow, or a YAML or JSON file",
		Long:    "The mapping from class to keywords. A capture's label is the class whose longest keyword occurs in its base name, in any case. 'pcapmill labels --print NAME' shows a built-in one to start from.",
		Records: []Record{{Key: "labels", Table: true, Base: true}, {Key: "labels_sha256", Name: "labels-sha256", Omit: true, Fact: true, Table: true}},
	},
	{
		Name: "label-from", Kind: Text, Default: "name", Values: []string{"name", "dir", "table", "comment"}, Group: "Labels", Arg: "name|dir|table|comment",
		Short:   "where labels come from: base names, directories, a table, or comments",
		Long:    "name: keywords in a capture's base name. dir: the directory directly below the one that was named. table: each session's row in --table. comment: the comment of its first kept packet, as pcapML writes them into pcapng files; one worker reads each capture. With dir, table and comment the classes are, unless --labels says them, those that occur, in byte-wise order; and a class table's names, or else its keywords, are matched whole.",
		Records: []Record{{Key: "label_from", Omit: true}},
	},
	{
		Name: "table", Kind: Path, Group: "Labels", Arg: "FILE|DIR",
		Short:   "CSV, Zeek log or JSON lines, a flow a row; or a directory of them",
		Long:    "A session gets the class of the rows with its endpoints and protocol whose time touches its own. Two classes for one session are an error with both lines; sessions without a row are --unknown. See docs/labels.md.",
		Records: []Record{{Key: "table_sha256", Name: "table-sha256", Omit: true, Fact: true, None: "no table on record", Words: "the one with SHA-256 %s"}},
	},
	{
		Name: "table-preset", Kind: Text, Group: "Labels", Arg: "NAME",
		Short:   "columns of the table: those of a program, like cicids2017 or zeek-conn",
		Long:    "The names of columns, the layout of times and the unit of durations that these have: argus, cicflowmeter-py, cicflowmeter-v3, cicflowmeter-v4, cicids2017, nfstream, suricata-eve, unsw-nb15, zeek-conn. Time zone and offset are not known from that.",
		Records: []Record{{Key: "table_preset", Omit: true, None: "none"}},
	},
	{
		Name: "table-columns", Kind: Text, Group: "Labels", Arg: "ROLE=NAME,...",
		Short:   "columns of the table by role, as src_ip=NAME,label=NAME",
		Long:    "Roles: src_ip, src_port, dst_ip, dst_port, proto, start, end or duration (duration_ms and the like give its unit, else seconds), label. They change those of a preset. In a table without a header line a column is named by its number, from 1; in JSON lines by its path, as alert.signature.",
		Records: []Record{{Key: "table_columns", Omit: true, None: "none"}},
	},
	{
		Name: "table-time", Kind: Text, Group: "Labels", Arg: "LAYOUT",
		Short:   "times of the table, as %d/%m/%Y %H:%M:%S, or unix, unix-ms, unix-us",
		Long:    "Of %Y %m %d %H %I %M %S %f %p %z; several layouts are separated by |. %{8}I is a clock of 12 hours without AM and PM whose day begins at 8.",
		Records: []Record{{Key: "table_time", Omit: true, None: "none"}},
	},
	{
		Name: "table-timezone", Kind: Text, Group: "Labels", Arg: "ZONE",
		Short:   "time zone of the table: UTC, -03:00, or America/Halifax",
		Long:    "It must be given unless the times say it.",
		Records: []Record{{Key: "table_timezone", Omit: true, None: "none"}},
	},
	{
		Name: "table-offset", Kind: Text, Group: "Labels", Arg: "DURATION",
		Short:   "added to all times of the table, as -1.5s or 1h",
		Long:    "For a table whose clock did not go with that of the captures.",
		Records: []Record{{Key: "table_offset", Omit: true, None: "none"}},
	},
	{
		Name: "table-errors", Kind: Text, Default: "1%", Group: "Labels", Arg: "N|N%",
		Short: "rows of the table that may be unreadable: a number, or a part of all",
		Long:  "Rows without a time (no-time) or with a value that cannot be read (bad-value) are counted, and the first are named by line; more than this refuse the table. Rows of other protocols, without ports or without a label do not count.",
	},
	{
		Name: "table-conflict", Kind: Text, Default: "error", Values: []string{"error", "unknown", "longest"}, Group: "Labels", Arg: "error|unknown|longest",
		Short:   "sessions that match rows of several classes: refuse, unknown, or longest row",
		Long:    "error: the dataset stays as it is; all such sessions are counted and the first 20 named, each with two of its rows. unknown: they have no class. longest: they have that of the row whose time overlaps theirs longest, of equal ones the first.",
		Records: []Record{{Key: "table_conflict", Omit: true}},
	},
	{
		Name: "unknown", Kind: Text, Default: "keep", Values: []string{"keep", "skip", "error"}, Group: "Labels", Arg: "keep|skip|error",
		Short:   "captures that no class matches: label them unknown (255), leave out, or refuse",
		Long:    "What happens to captures, and with a table to sessions, that no class matches: keep gives them label 255 (65535 if there are more than 255 classes), skip leaves them out, error refuses. They are counted and shown in any case.",
		Records: []Record{{Key: "unknown", Omit: true}}, // skip, with a table: sessions are left out
	},
	{
		Name: "stdin-name", Kind: Path, Default: "stdin", Group: "Labels", Arg: "NAME",
		Short: "what a capture on standard input (-) is called, for its label",
		Long:  "Labels come from names, and standard input has none.",
	},
	{
		Name: "mac", Kind: Text, Default: "remove", Values: address, Group: "Masking", Arg: "remove|zero|anonymize|keep",
		Short:   "everything before the IP header, or its MAC addresses",
		Long:    "remove cuts everything before the IP header, for every link type. With the other values an Ethernet packet begins at its first byte, and its two addresses are zeroed, replaced by pseudonyms, or kept; packets of other link types still begin at the IP header.",
		Records: []Record{{Key: "mac"}},
	},
	{
		Name: "ip", Kind: Text, Default: "zero", Values: ipAddress, Group: "Masking", Arg: "remove|zero|anonymize|prefix|keep",
		Short:   "source and destination IP addresses",
		Long:    "zero and anonymize keep the length; remove cuts the address bytes out of the header. anonymize puts a pseudonym in the place of each address: the same one wherever the address occurs. prefix does so by Crypto-PAn, which keeps common prefixes (subnets stay subnets, of IPv4 and IPv6) and needs a key of 32 bytes. keep leaves the addresses in the samples.",
		Records: []Record{{Key: "ip"}},
	},
	{
		Name: "ports", Kind: Text, Default: "zero", Values: []string{"zero", "keep"}, Group: "Masking", Arg: "zero|keep",
		Short:   "source and destination ports",
		Long:    "Ports often name the application, and then they are all that a model learns.",
		Records: []Record{{Key: "ports"}},
	},
	{
		Name: "checksums", Kind: Text, Default: "zero", Values: []string{"zero", "keep"}, Group: "Masking", Arg: "zero|keep",
		Short:   "checksums of the IPv4, TCP and UDP headers",
		Long:    "A checksum gives back the addresses that it covers.",
		Records: []Record{{Key: "checksums"}},
	},
	{
		Name: "udp-pad", Kind: Switch, Default: "off", Group: "Masking", Arg: "on|off",
		Short:   "insert 12 zero bytes behind the UDP header",
		Long:    "So that the payloads of UDP and of TCP without options start at the same place. Length fields are not touched.",
		Records: []Record{{Key: "udp_pad"}},
	},
	{
		Name: "content", Kind: Text, Default: "packet", Values: []string{"packet", "payload"}, Group: "Masking", Arg: "packet|payload",
		Short:   "what a packet contributes: headers and payload, or payload only",
		Long:    "payload is only what stands behind the TCP or UDP header; the masks of header fields then have nothing to act on.",
		Records: []Record{{Key: "content"}},
	},
	{
		Name: "profile", Kind: Text, Default: "default", Values: []string{"none", "default", "strict", "headers", "payload", "sizes"}, Group: "Masking", Arg: "NAME",
		Short: "masks to begin with: none, default, strict, headers, payload, sizes",
		Long:  "A profile settles --mac, --ip, --ports, --checksums, --content and the fields of --mask; what is given for one of them wins. none keeps everything. default is what these options are without a profile. strict also takes out what tells a machine, a network or a connection from others: TOS, identification, fragments, TTL, flow label, IP options, TCP window, urgent pointer and options, host names in TLS, HTTP and DNS; sequence and acknowledgement numbers become relative. headers is strict without payload; sizes is strict with payload as zeros; payload is --content payload without host names. See docs/masks.md.",
	},
	{
		Name: "mask", Kind: Map, Group: "Masking", Arg: "FIELD=ACTION,...",
		Short:   "fields of packets to zero or change, as ip.ttl=zero; may be repeated",
		Long:    "Fields: mac, ip, ports and checksums with the actions of these options; ip.tos, ip.length, ip.id, ip.fragment, ip.ttl, ip.flow-label, ip.options, tcp.flags, tcp.window, tcp.urgent, tcp.options, udp.length, tls.sni, http.host, dns.names: keep, zero; tcp.seq, tcp.ack, tcp.timestamps: keep, zero, relative (minus the first one of the same direction); payload: keep, zero, ones, remove. It wins over --profile and over the options; of two for one field the last counts. Which packets are kept, sizes and times are settled before. See docs/masks.md.",
		Records: []Record{{Key: "mask", Omit: true, None: "no field masked"}},
	},
	{
		Name: "key-file", Kind: Path, Group: "Masking", Arg: "FILE",
		Short:   "secret key for pseudonyms; without it they can be reversed",
		Long:    "The file's bytes are the key, exactly as they stand; 'pcapmill keygen FILE' makes one. It keys HMAC-SHA-256 for anonymize (any length) and Crypto-PAn for --ip prefix (exactly 32 bytes), and in any case gives each sample's row in the table a pseudonym of its host, which --split-by host needs. The key reaches no output; the manifest holds an id of it. A file that others than its owner can read, and a key of less than 16 bytes, are warned about.",
		Records: []Record{{Key: "key", Name: "key", Omit: true, Fact: true, None: "no key", Words: "the key with id %s"}},
	},
	{
		Name: "table-times", Kind: Text, Default: "keep", Values: []string{"keep", "relative", "none"}, Group: "Masking", Arg: "keep|relative|none",
		Short:   "times in the table of samples: keep, relative to the capture, or none",
		Long:    "The table, and every export made of it, says when each session began and how long it took, which finds sessions again in a log of flows. relative counts the beginning from the earliest packet of the capture; none leaves out beginning and duration. With either there is no --split-by time.",
		Records: []Record{{Key: "table_times", Omit: true}},
	},
	{
		Name: "drop", Kind: List, Default: "tcp-control,dns,background", Values: []string{"tcp-control", "dns", "background", "stun", "snmp", "nat-pmp", "lsd", "ssdp", "multicast", "broadcast", "none"}, Group: "Selection", Arg: "LIST|none",
		Short:   "packets to leave out: tcp-control, dns, background and more, or none",
		Long:    "tcp-control: TCP without payload. dns: TCP or UDP port 53. background: UDP ports 67 68 123 137 138 546 547 1900 3702 5353 5355. Off unless asked for: stun (ports 3478, 5349, and UDP messages with its magic cookie), snmp (UDP 161, 162), nat-pmp (UDP 5350, 5351), lsd (UDP 6771), ssdp (UDP 1900), multicast and broadcast (by the destination address). The first that applies is counted, in this order but for tcp-control, which comes third.",
		Records: []Record{{Key: "drop"}},
	},
	{
		Name: "drop-session-with", Kind: List, Default: "none", Values: []string{"tcp-control", "dns", "background", "stun", "snmp", "nat-pmp", "lsd", "ssdp", "multicast", "broadcast", "none"}, Group: "Selection", Arg: "LIST|none",
		Short:   "kinds of packets of --drop that take their whole session away, or none",
		Long:    "A session is left out, with all of its units, if one of its packets is of a kind in the list; the names are those of --drop: tcp-control, dns, background, stun, snmp, nat-pmp, lsd, ssdp, multicast, broadcast. Such a packet counts as a packet of its session, whatever --drop says of it. Sessions are counted under with- and the name, as with-stun: the first in the order of --drop.",
		Records: []Record{{Key: "drop_session_with", Omit: true}},
	},
	{
		Name: "dedup", Kind: Text, Default: "sample", Values: []string{"sample", "session", "none"}, Group: "Selection", Arg: "sample|session|none",
		Short:   "sessions of equal label to drop: equal samples, equal whole sessions, none",
		Long:    "The first stays, over the whole dataset and across runs. Equal bytes under different labels are a conflict: both stay, and the number is reported.",
		Records: []Record{{Key: "dedup"}},
	},
	{
		Name: "resync", Kind: Switch, Default: "off", Group: "Selection", Arg: "on|off",
		Short:   "go on behind a record that cannot be true, if records are found",
		Long:    "A capture ends at a record or block that cannot be true, because the next one is found by its length. With this, the next row of plausible records is looked for (eight records of pcap or four blocks of pcapng, or two and the end of the file), and what was passed over is reported with offset and bytes. A payload that is itself a capture may be taken for records. What is cut off at its end still ends there. One worker reads each capture.",
		Records: []Record{{Key: "resync", Omit: true}},
	},
	{
		Name: "session-scope", Kind: Text, Default: "capture", Values: []string{"capture", "group"}, Group: "Selection", Arg: "capture|group",
		Short:   "where sessions end: with their capture, or with a group of captures",
		Long:    "group is for captures that a recorder rotated: the packets of a group count in the order of their times, then of its captures, then of their numbers, as if they were one capture. A sample belongs to the capture of its first packet. Each group is read by one worker; what does not fit into memory is sorted on disk, and a group is added whole or not at all. Endless sessions need --idle-timeout or --active-timeout.",
		Records: []Record{{Key: "session_scope", Omit: true}},
	},
	{
		Name: "group", Kind: Text, Default: "dir", Group: "Selection", Arg: "dir|all|PATTERN",
		Short:   "which captures are a group: those of a directory, all, or by name",
		Long:    "With --session-scope group. PATTERN is for base names within a directory, like 'trace_{n}.pcap': {n} stands for digits, if any, the part that counts up, and * for any text, which then is the same in all captures of a group. A capture that does not match is alone.",
		Records: []Record{{Key: "group", Omit: true}},
	},
	{
		Name: "idle-timeout", Kind: Text, Group: "Selection", Arg: "DURATION",
		Short:   "end a session at a longer pause, like 60s or 5m; default: never",
		Long:    "A kept packet that comes later than this after the kept packet before it begins a new session of its five-tuple. Where clocks run backwards there is no pause.",
		Records: []Record{{Key: "idle_timeout", Omit: true, None: "none"}},
	},
	{
		Name: "tcp-restart", Kind: Switch, Default: "off", Group: "Selection", Arg: "on|off",
		Short:   "a TCP SYN behind a FIN or RST begins a new session",
		Long:    "Ports are used again: with this a new connection under an old five-tuple is a session of its own. It counts whether these packets are kept or left out as tcp-control; a SYN with ACK does not begin one.",
		Records: []Record{{Key: "tcp_restart", Omit: true}},
	},
	{
		Name: "unit", Kind: Text, Default: "session", Values: []string{"session", "flow", "packet"}, Group: "Selection", Arg: "session|flow|packet",
		Short:   "what one sample is made of: a session, one direction of it, one packet",
		Long:    "session: all kept packets between two endpoints, in both directions. flow: those of one direction. packet: each kept packet. Limits (max-packets, active-timeout, slice) can cut a session or flow into several units. Direction is always that of the session's first kept packet. Where a session gives several units they stay on one side of a split.",
		Records: []Record{{Key: "unit", Omit: true}},
	},
	{
		Name: "max-packets", Kind: Number, Default: "0", Group: "Selection", Arg: "N",
		Short:   "packets after which a unit is full and another begins; 0 = no limit",
		Long:    "The next kept packet of the session, or of the flow with --unit flow, begins another unit.",
		Records: []Record{{Key: "max_packets", Omit: true}},
	},
	{
		Name: "active-timeout", Kind: Text, Group: "Selection", Arg: "DURATION",
		Short:   "begin another unit this long after its first packet, like 300s; default: never",
		Long:    "A kept packet that comes this long after its unit's first packet, or later, begins another unit.",
		Records: []Record{{Key: "active_timeout", Omit: true, None: "none"}},
	},
	{
		Name: "slice", Kind: Text, Group: "Selection", Arg: "DURATION",
		Short:   "cut sessions into units of this length of time, like 60s; default: none",
		Long:    "Unit k has the packets from k times this to before k+1 times this after the first packet of the session, or of the flow with --unit flow. A packet whose time runs backwards stays in the current unit. Stretches without a packet are no units.",
		Records: []Record{{Key: "slice", Omit: true, None: "none"}},
	},
	{
		Name: "window", Kind: Text, Group: "Selection", Arg: "DURATION",
		Short:   "leave out packets this long after their unit's first, like 15s; default: none",
		Long:    "The packets are counted under the reason window. It is settled behind the other limits: a packet that begins another unit is in that one's window.",
		Records: []Record{{Key: "window", Omit: true, None: "none"}},
	},
	{
		Name: "min-span", Kind: Text, Group: "Selection", Arg: "DURATION",
		Short:   "time from a unit's earliest to its latest packet; default: no limit",
		Long:    "Units that take less are left out and counted.",
		Records: []Record{{Key: "min_span", Omit: true, None: "none"}},
	},
	{
		Name: "min-packets", Kind: Number, Default: "0", Group: "Selection", Arg: "N",
		Short:   "kept packets that a unit must have; 0 = no limit",
		Long:    "Units (sessions, unless --unit says otherwise) with fewer are left out and counted.",
		Records: []Record{{Key: "min_packets", Omit: true}},
	},
	{
		Name: "min-bytes", Kind: Number, Default: "0", Group: "Selection", Arg: "N",
		Short:   "bytes that a unit must have, before it is cut or padded; 0 = no limit",
		Long:    "Bytes after masking, which is what a sample is made of. Units with fewer are left out and counted.",
		Records: []Record{{Key: "min_bytes", Omit: true}},
	},
	{
		Name: "form", Kind: Text, Default: "bytes", Group: "Samples", Arg: "NAME[:KEY=VALUE,...]",
		Short:   "what a unit becomes: its first bytes, or another array or line of text",
		Long:    "bytes (first bytes), ustc-all, matrix, packet-bytes, series, flowpic, mini-flowpic, segments, nprint, bigrams, hexwords, tokens; parameters behind a colon, as series:packets=50,channels=dir+size. docs/forms.md defines each. The form leaves filters, masks and dedup as they are.",
		Records: []Record{{Key: "form", Omit: true}},
	},
	{
		Name: "length", Kind: Number, Default: "784", Group: "Samples", Arg: "BYTES",
		Short:   "bytes of a sample",
		Long:    "784 is 28x28, the size of the MNIST images and of USTC-TFC2016. Another length needs --shape unless it is a square.",
		Records: []Record{{Key: "length"}},
	},
	{
		Name: "shape", Kind: Text, Default: "28x28", Group: "Samples", Arg: "ROWSxCOLS",
		Short:   "shape of a sample, row-major",
		Long:    "Rows times columns is the length.",
		Records: []Record{{Key: "shape"}},
	},
	{
		Name: "forge", Kind: List, Default: "none", Values: []string{"none", "all", "addresses", "ports", "ip.id", "ip.ttl", "tcp.seq", "tcp.timestamps"}, Group: "Samples", Arg: "LIST|all|none",
		Short:   "rewrite under a key: addresses, ports, ip.id, ip.ttl, tcp.seq, tcp.timestamps",
		Long:    "A challenge twin: addresses, ports, ip.id, ip.ttl, tcp.seq and tcp.timestamps (all: all of them) become others, each by a rule that keeps what the packets of a session have to do with each other; sessions, filters and labels are settled before, payload stays. A model that learned the fields fails on the twin. Best as an entry of --variants; see docs/variants.md.",
		Records: []Record{{Key: "forge", Omit: true}},
	},
	{
		Name: "forge-key-file", Kind: Path, Group: "Samples", Arg: "FILE",
		Short:   "key of what --forge rewrites; without it everyone can undo that",
		Long:    "The file's bytes are the key, as those of --key-file. It reaches no output; the manifest holds an id of it.",
		Records: []Record{{Key: "forge_key", Name: "forge-key", Omit: true, Fact: true, None: "no key", Words: "the key with id %s"}},
	},
	{
		Name: "variants", Kind: Path, Group: "Samples", Arg: "FILE",
		Short: "YAML or JSON list of further samples of each unit, by masks, form or forge",
		Long:  "Entries have a name and what is different: profile, mask, mac, ip, ports, checksums, udp-pad, content, form, shape, forge. What an entry leaves out is as on the command line. The first entry is the dataset itself; each other one stands in variants/NAME, and row i is the same unit in all, with one table of samples, one split, one manifest. Duplicates and empty samples are settled by the first. See docs/variants.md.",
	},
	{
		Name: "split", Kind: Text, Group: "Split", Arg: "SHARES",
		Short: "divide the samples: training/validation/test, like 80/10/10 or 80/20",
		Long:  "Whole numbers; two are training and test, one is training only. A group of samples (--split-by) goes to one side as a whole, and stays there when samples are added. splits.json records the sides and proves them; see docs/splits.md. A dataset that is split stays so: what is added follows.",
	},
	{
		Name: "folds", Kind: Number, Default: "0", Group: "Split", Arg: "K",
		Short: "divide the samples into K folds of equal share instead, 2 to 36; 0 = none",
		Long:  "For cross-validation: by the same rules as sides, and in the place of them. The table of samples, and every format that has columns, has a column fold, from 0; -1 is a sample in no fold.",
	},
	{
		Name: "split-from", Kind: Path, Group: "Split", Arg: "FILE",
		Short: "sides by capture from a CSV file with the columns capture and split",
		Long:  "A capture is named as in manifest.json, or by its base name; a side is train, validation or test. Captures that the file does not name are on no side; names that no capture has are refused. Nothing is drawn, so the other options of a split, but for --min-per-class and --max-per-class, do not go with it.",
	},
	{
		Name: "split-method", Kind: Text, Default: "quota", Values: []string{"quota", "hash"}, Group: "Split", Arg: "quota|hash",
		Short: "how groups come to their sides: so that shares fit, or each by itself",
		Long:  "quota: within each class, in the order of a keyed hash, each group goes to the side that is furthest below its share, and every side gets a group while there are any. Sides that were given stay; groups that are added fill what is short. hash: each group's side is a function of its own hash, so shares fit on average only, and a small class may leave a side empty.",
	},
	{
		Name: "split-by", Kind: Text, Default: "capture", Values: []string{"capture", "session", "host", "time", "none"}, Group: "Split", Arg: "capture|session|host|time|none",
		Short: "what stays together on one side of the split",
		Long:  "capture: all samples of a capture. session: samples of equal bytes. host: all whose first packet came from one host (needs --key-file). time: within each class the earlier samples train and the later ones test. none: nothing, equal samples neither; for comparison only.",
	},
	{
		Name: "split-salt", Kind: Text, Default: "pcapmill", Group: "Split", Arg: "TEXT",
		Short: "key of the hash that draws the sides; no secret",
		Long:  "Another text draws another split. It is recorded in splits.json.",
	},
	{
		Name: "split-fallback", Kind: Text, Default: "session", Values: []string{"error", "time", "session"}, Group: "Split", Arg: "error|time|session",
		Short: "classes that cannot be split as asked: refuse, or split them another way",
		Long:  "A class of fewer captures than sides, say. session and time divide these classes that way, say so, and record it for each; error lists them and divides nothing.",
	},
	{
		Name: "min-per-class", Kind: Number, Default: "0", Group: "Split", Arg: "N",
		Short: "classes with fewer samples are on no side; 0 = no limit",
		Long:  "They stay in the dataset and are counted in splits.json.",
	},
	{
		Name: "max-per-class", Kind: Number, Default: "0", Group: "Split", Arg: "N",
		Short: "training samples of a class at most; 0 = no limit",
		Long:  "Which ones stay follows from a keyed hash of each. Validation and test keep all of theirs. The others stay in the dataset and are counted in splits.json.",
	},
	{
		Name: "workers", Kind: Number, Default: "0", Group: "Running", Arg: "N",
		Short: "how many goroutines read captures and render exports; 0 = one a core",
		Long:  "They share the work of one large capture as well as that of many small ones. Decompressors and the writer run beside them. The number changes no byte of the dataset.",
	},
	{
		Name: "memory", Kind: Size, Default: "0", Group: "Running", Arg: "SIZE",
		Short: "memory to take, like 2GiB, at least 128MiB; 0 = half of what there is",
		Long:  "When the sessions of a capture would take more, they are put aside in temporary files (see tmp) and merged back. What there is: the machine's memory, or the limit of the control group if that is lower. The size changes no byte of the dataset.",
	},
	{
		Name: "tmp", Kind: Path, Group: "Running", Arg: "DIR",
		Short: "directory for temporary files; default: the system's ($TMPDIR)",
		Long:  "Only used when memory is short. The files are called .pcapmill-spill-*, have no name while they are in use where the system allows that, hold sessions with their original addresses, and are gone after the run however it ends. A directory in memory (tmpfs) saves nothing.",
	},
	{
		Name: "max-expansion", Kind: Number, Default: "5000", Group: "Running", Arg: "TIMES",
		Short: "times its file that a compressed capture may become; 0 = no limit",
		Long:  "Beyond it a capture is taken for a decompression bomb and ends there, as damaged. The first 64 MiB may come from anything. Packets of 64 KiB of zeros, the most that a real network compresses, become 600 times smaller in gzip, 2700 times in zstd and 3900 times in bzip2. Memory is bounded in any case.",
	},
}
